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

# On a terminal the demo is a job of its own: Ctrl-C reaches it and not make, which would end by it.
DEMO = .venv/bin/rtc-bridge demo $(if $(PORT),--port $(PORT)) $(ARGS)
demo: venv
	@if [ -t 0 ]; then set -m; $(DEMO); exit $$?; else exec $(DEMO); fi

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
