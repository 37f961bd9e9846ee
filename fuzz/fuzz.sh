#!/usr/bin/env bash
# fuzz.sh TARGET [SECONDS]: builds the target, makes its first inputs, and runs it on one core.
# Works with the pinned stable toolchain: coverage is a flag of LLVM, no sanitizer is used.
set -euo pipefail
cd "$(dirname "$0")"
target=$1
seconds=${2:-600}
folder=${CARGO_TARGET_DIR:-target}
cargo run --quiet --example seeds
export RUSTC_BOOTSTRAP=1
cargo fuzz build --fuzz-dir . --sanitizer none --target-dir "$folder" "$target"
options=(-max_total_time="$seconds" -timeout=5 -rss_limit_mb=3000 -max_len=4096 -print_final_stats=1)
if [ "$target" != detector ]; then options+=(-dict=sql.dict); fi
mkdir -p "artifacts/$target"
host=$(rustc -vV | sed -n 's/^host: //p')
exec "$folder/$host/release/$target" "corpus/$target" -artifact_prefix="artifacts/$target/" "${options[@]}"
