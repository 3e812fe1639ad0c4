.DEFAULT_GOAL := help
.PHONY: help install run test check bench tour shots mini-program
BIN := .venv/bin
CODE := $(wildcard src tests bench migrations *.py)
APPS := admin mobile
# Where bootstrap.py puts a Node.js when the machine has none.
export PATH := $(CURDIR)/.tools/bin:$(PATH)

help:
	@echo "make run     安装依赖并启动整个平台（Ctrl-C 停止）"
	@echo "make tour    对正在运行的平台走一遍体检闭环"
	@echo "make install 安装依赖并构建网页"
	@echo "make test    全部测试，不需要先启动任何东西"
	@echo "make check   格式、静态检查、类型、模块边界、接口文档"
	@echo "make bench   性能测试"
	@echo "make shots   给每个页面的各种状态截图，存到 build/shots"
	@echo "make mini-program  构建微信小程序，用官方编译器和 miniprogram-simulate 检验"

install:
	@python3 bootstrap.py

run: install
	@$(BIN)/kanghu run

tour: install
	@$(BIN)/kanghu tour

test: install
	@$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -q
	@for app in $(APPS); do npm --prefix apps/$$app run --silent test || exit 1; done

check: install
	@$(BIN)/ruff format --check --quiet $(CODE)
	@$(BIN)/ruff check --quiet $(CODE)
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo --no-cache
	@$(BIN)/kanghu openapi --check
	@$(BIN)/kanghu docs --check
	@for app in $(APPS); do \
	    npm --prefix apps/$$app run --silent gen -- --check && \
	    npm --prefix apps/$$app run --silent lint && \
	    npm --prefix apps/$$app run --silent type-check || exit 1; \
	done

bench: install
	@$(BIN)/python -m bench

shots: install
	@$(BIN)/python -m tests.pages.shots

# The official tools weigh 350 MB, so they are apart from what `make test` needs.
mini-program: install
	@npm --prefix apps/mobile run --silent build:mp-weixin
	@npm --prefix apps/mobile/mp-check ci --silent --no-fund --no-audit
	@npm --prefix apps/mobile/mp-check run --silent check
