#!/usr/bin/env bash
# What a card is asked first, in one command of at most nine minutes: unit kernels, models beside
# transformers, towers beside PyTorch, kernels, tiles, launches that overlap, WebGPU.
#
# Every step is a process of its own with its own limit, so that a kernel that hangs ends its step
# and is named. Steps that time nothing run beside one another. Results are written as they come;
# what is cut off is not lost. A summary of at most 10,000 characters is printed last. `--rest` runs
# the steps that have not passed yet.
#
#   scripts/gpu/first-light.sh [--rest] [--seconds 520] [--out FOLDER] [--only STEP]... [--emulated]
set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
cd "$top"
seconds=520 rest=false emulated=() out="$top/build/gpu/first-light" only=()
while [ $# -gt 0 ]; do
  case $1 in
    --rest) rest=true ;;
    --emulated) emulated=(--emulated) ;;
    --seconds) seconds=$2; shift ;;
    --out) out=$2; shift ;;
    --only) only+=("$2"); shift ;;
    *) echo "first-light.sh: unknown option $1; see the head of this file" >&2; exit 2 ;;
  esac
  shift
done
node=node
[ -x ./node ] && node=./node
# The pack brings the loader that Dawn opens, and knows where drivers put their description.
[ -d ./lib ] && export LD_LIBRARY_PATH="$top/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
for icd in /usr/local/nvidia/share/vulkan/icd.d/nvidia_icd.json; do
  [ -f "$icd" ] && [ ! -d /usr/share/vulkan/icd.d ] && export VK_DRIVER_FILES="$icd"
done
mkdir -p "$out"
begin=$(date +%s)
status="$out/status.tsv"

wanted() {
  [ ${#only[@]} -eq 0 ] && return 0
  local name
  for name in "${only[@]}"; do [ "$name" = "$1" ] && return 0; done
  return 1
}

# step NAME LIMIT COMMAND...: at most LIMIT seconds, and never past the whole command's time.
step() {
  local name=$1 limit=$2 left from code took word
  shift 2
  wanted "$name" || return 0
  if $rest && grep -qs "^$name	ok	" "$out/$name.status"; then return 0; fi
  left=$((begin + seconds - $(date +%s)))
  if [ "$left" -lt 5 ]; then
    record "$name" "no time left" 0
    return 0
  fi
  [ "$limit" -gt "$left" ] && limit=$left
  from=$(date +%s)
  timeout --kill-after=3 "$limit" "$@" > "$out/$name.log" 2>&1
  code=$?
  took=$(($(date +%s) - from))
  case $code in
    0) word=ok ;;
    124 | 137) word="ended after $limit s" ;;
    *) word="status $code" ;;
  esac
  record "$name" "$word" "$took"
}

# A file for each step, since several may end at once.
record() {
  printf '%s\t%s\t%s\n' "$1" "$2" "$3" > "$out/$1.status"
  printf '%-44s %-22s %4s s\n' "$1" "$2" "$3"
}

# beside COMMAND...: begins a step that times nothing; `wait` ends such steps. The emulated device
# takes every processor: there they run one after the other.
beside() {
  if [ ${#emulated[@]} -gt 0 ]; then "$@"; else "$@" & fi
}

# All steps so far, in the order in which they ended.
collect() {
  ls -tr "$out"/*.status | xargs -d '\n' cat > "$status"
}

# lines NAME COUNT: the last of a step's log, cut to the width of a screen.
lines() {
  [ -s "$out/$1.log" ] || return 0
  echo "--- $1"
  grep -v '^Warning: maxDynamic' "$out/$1.log" | tail -n "$2" | cut -c 1-220
}

summary() {
  card=$(nvidia-smi --query-gpu=name,driver_version --format=csv,noheader 2> /dev/null ||
    echo "no card")
  echo "== first light: $(date -u +%FT%TZ), $card"
  awk -F'\t' '{ printf "%-44s %-22s %4s s\n", $1, $2, $3 }' "$status"
  # What failed is told first and at most length.
  awk -F'\t' '$2 != "ok" && $2 != "no time left" { print $1 }' "$status" | while read -r name; do
    lines "$name" 6
  done
  for name in parity-small-portable parity-small-hopper parity-base parity-base-overlapping \
    webgpu-parity webgpu-times webgpu-peer; do
    lines "$name" 12
  done
  # The first table of the report: forward, Sigil beside PyTorch.
  sed -n '/^## Forward/,/^## /p' "$out"/towers-first/towers.*.md 2> /dev/null | cut -c 1-260 |
    head -24
}

if [ ${#emulated[@]} -eq 0 ]; then step card 20 nvidia-smi; fi
# The first minute: one process a unit, since an error of a device stays with its process.
if [ ${#only[@]} -eq 0 ] || [[ " ${only[*]}" == *" unit-"* ]]; then
  for unit in $("$node" bench/gpu/units.mjs --list); do
    beside step "unit-$unit" 15 "$node" bench/gpu/units.mjs --only "$unit" "${emulated[@]}"
  done
  wait
fi

small=(tiny tiny-awkward tiny-mask tiny-headless tiny-classify-single)
base=(base-patch16-224)
towers=(--only siglip-base-patch16-224.vision --only siglip-so400m-patch14-384.vision
  --only siglip-base-patch16-224.text)
webgpu=(--seconds 0)
if [ ${#emulated[@]} -gt 0 ]; then
  small=(tiny) base=(tiny-awkward) towers=() webgpu=(--seconds 0 --only tiny)
fi
cases() { local name; for name in "$@"; do printf -- '--only\n%s\n' "$name"; done; }
mapfile -t small_cases < <(cases "${small[@]}")
mapfile -t base_cases < <(cases "${base[@]}")
parity() {
  beside step "$1" "$2" "$node" bench/gpu/parity.mjs --out "$out/$1" "${@:3}" "${emulated[@]}"
}
parity parity-small-portable 40 --path portable "${small_cases[@]}"
parity parity-small-hopper 40 "${small_cases[@]}"
parity parity-small-overlapping 40 --programmatic "${small_cases[@]}"
parity parity-base 60 "${base_cases[@]}"
parity parity-base-portable 60 --path portable "${base_cases[@]}"
parity parity-base-overlapping 60 --programmatic "${base_cases[@]}"
beside step webgpu-parity 60 "$node" bench/gpu/webgpu.mjs "${webgpu[@]}"
wait

bench() {
  step "$1" "$2" "$node" bench/gpu/bench.mjs --out "$out/$1" --seconds "$(($2 - 10))" "${@:3}" \
    "${emulated[@]}"
}
bench towers-first 200 "${towers[@]}"
if [ ${#emulated[@]} -eq 0 ]; then
  step webgpu-times 40 "$node" bench/gpu/webgpu.mjs --only base-patch16-224
fi
if [ ${#emulated[@]} -eq 0 ]; then step webgpu-peer 40 "$node" bench/gpu/webgpu-peer.mjs; fi
bench programmatic 40 --programmatic --no-torch "${towers[@]:0:2}"
bench tiles 60 --tiles --no-torch
if [ ${#emulated[@]} -eq 0 ]; then
  step sanitizer 60 compute-sanitizer --error-exitcode 9 "$node" bench/gpu/units.mjs
fi

collect
summary | head -c 10000
grep -qv '	ok	' "$status" && exit 1
exit 0
