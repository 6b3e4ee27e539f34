# Targets for people; the work is in scripts/. PYTHON=/path/to/python3 chooses another Python.
SHELL := /bin/bash
export PYTHON

.PHONY: help venv demo test check lint bench soak clean

help:
	@echo 'make demo   a simulated robot, its camera in the browser, driving it (PORT=8080)'
	@echo 'make test   install what the tests need and run them (ARGS=...: to pytest)'
	@echo 'make check  style, types, and the tests that need nothing, in a minute'
	@echo 'make lint   the style alone'
	@echo 'make bench  measure: $(TABLES) (TABLES=links ARGS=--help)'
	@echo 'make soak   look whether the memory grows (ARGS=...: to benchmarks/soak.py)'
	@echo 'make clean  remove what these made'

venv:
	@scripts/venv.sh run

# On a terminal the demo is a job of its own: Ctrl-C reaches it and not make, which would end by it.
DEMO = .venv/bin/rtc-bridge demo $(if $(PORT),--port $(PORT)) $(ARGS)
demo: venv
	@if [ -t 0 ]; then set -m; $(DEMO); exit $$?; else exec $(DEMO); fi

test:
	@scripts/test.sh $(ARGS)

check:
	@scripts/check.sh $(ARGS)

lint:
	@scripts/venv.sh test
	@scripts/lint.sh .venv/bin/python

TABLES = delay stages links cost
bench:
	@scripts/venv.sh test
	@set -o pipefail; status=0; for table in $(TABLES); do printf '\n%s\n\n' "$$table"; \
	  .venv/bin/python benchmarks/$$table.py $(ARGS) | \
	  tee $(if $(RESULTS),$(RESULTS)/$$table.md) || status=1; done; exit $$status

soak:
	@scripts/venv.sh test
	@.venv/bin/python benchmarks/soak.py $(ARGS)

clean:
	rm -rf .venv .venv-kilted build install log *.egg-info .pytest_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
