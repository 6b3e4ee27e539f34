# Targets for people; the work is in scripts/. PYTHON=/path/to/python3 chooses another Python.
SHELL := /bin/bash
export PYTHON

.PHONY: help venv demo test lint bench clean

help:
	@echo 'make demo   a simulated robot, its camera in the browser, driving it (PORT=8080)'
	@echo 'make test   install what the tests need and run them (ARGS=...: to pytest)'
	@echo 'make lint   check the style'
	@echo 'make bench  measure (ARGS=...: to benchmarks/run.py)'
	@echo 'make clean  remove what these made'

venv:
	@scripts/venv.sh run

# The shell is replaced, so that Ctrl-C reaches the demo alone and its exit status is make's.
demo: venv
	@exec .venv/bin/rtc-bridge demo $(if $(PORT),--port $(PORT)) $(ARGS)

test:
	@scripts/test.sh $(ARGS)

lint:
	@scripts/venv.sh test
	@scripts/lint.sh .venv/bin/python

bench:
	@scripts/venv.sh test
	@.venv/bin/python benchmarks/run.py $(ARGS)

clean:
	rm -rf .venv .venv-kilted build install log *.egg-info .pytest_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
