# From a bare Python >= 3.11: every target makes .venv first, and again only when pyproject.toml has changed.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

# pyright brings its own node (a wheel); without this it would ask the network for a newer version of itself.
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1

.PHONY: test slow lint docs demo clean

# Two at a time: most tests keep one core busy. What times or kills processes is among the slow ones, one by one.
test: $(READY)
	$(BIN)/pytest -m "not slow" -n 2 --dist loadfile

slow: $(READY)
	$(BIN)/pytest -m slow

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

# The pages, in docs/_build/html, without a network.
docs: $(READY)
	$(BIN)/python -m sphinx --builder html --fail-on-warning --keep-going --fresh-env --quiet docs docs/_build/html
	@echo "The pages begin at $(CURDIR)/docs/_build/html/index.html"

demo: $(READY)
	@mkdir -p demo
	$(BIN)/rebokeh samples/portrait.heic --fstop 1.8 -o demo/portrait_f1.8.jpg --overwrite -v
	@echo "The photo is samples/portrait.heic, the picture is $(CURDIR)/demo/portrait_f1.8.jpg"

clean:
	rm -rf .venv demo docs/_build .pytest_cache .ruff_cache .hypothesis

$(READY): pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "$(PYTHON) is not Python 3.11 or newer; name one: make PYTHON=python3.12" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e ".[dev]"
	@$(BIN)/python -m compileall -q .editable/rebokeh bokeh kernels
	@touch $@
