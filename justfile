# `just` alone lists these; each is one line that also works by hand.

[private]
default:
    @just --list --unsorted

# formatting, lints and the quick tests
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    cargo nextest run

# the whole: Samba, browser, everything
test:
    ./dev/test

# a sample company on http://127.0.0.1:8080
demo:
    cargo run --release -- demo

# a Samba domain controller with fixtures: up, down, stop, cont …
dc *arguments:
    ./dev/dc {{arguments}}

# the browser tests alone (needs `./dev/dc up`)
e2e:
    cd e2e && npm ci --no-audit --no-fund && npm test

# medians and ratios against the directory itself
bench:
    ./dev/bench

# each fuzzer for a minute
fuzz seconds="60":
    ./dev/fuzz {{seconds}}

# the settings reference and the API docs
docs:
    cargo run --quiet -- config reference > docs/settings.md
    cargo doc --no-deps
