"""The PyTorch side of the GPU benchmark. Reads JSON commands from standard input, one a line, and
answers each with one JSON line:

  {"do": "ceilings"}
      TFLOP/s of a bf16 8192^3 product on random data, TB/s of a copy
  {"do": "load", "tower": "vision"|"text", "config": {...}, "batch": n,
   "variant": "eager"|"cudnn"|"compile"|"max-autotune"|"tuned"}
  {"do": "time", "iterations": n}
      milliseconds of each forward, by CUDA events
  {"do": "host", "iterations": n}
      milliseconds from bytes in pinned memory to embeddings in the host's
  {"do": "kernels"}
      what runs in one forward, the longest first: name and microseconds
  {"do": "memory"}
      most bytes that PyTorch had allocated since the load
  {"do": "unload"}
  {"do": "gemm", "rows": m, "columns": n, "depth": k}
      microseconds of torch.mm, addmm and _addmm_activation (GELU)
  {"do": "attention", "batch": b, "heads": h, "queries": q, "keys": k, "size": d}
      microseconds of each backend of scaled dot products

A failure is answered as {"error": text}: a configuration that PyTorch refuses is reported, not
hidden.
"""

import json
import os
import sys
import time

import torch

from pytorch_kernels import attention, ceilings, gemm
from pytorch_towers import Tower, device

# Answers alone go to standard output, whatever a compiler prints.
answers = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)


def load(command):
    if device.type == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    begin = time.perf_counter()
    tower = Tower(**command)
    return tower, {"seconds": time.perf_counter() - begin, "attention": tower.backend}


def main():
    tower = None
    for line in sys.stdin:
        command = json.loads(line)
        try:
            do = command.pop("do")
            if do == "ceilings":
                answer = ceilings()
            elif do == "load":
                tower = None
                tower, answer = load(command)
            elif do == "time":
                answer = {"milliseconds": tower.time(command["iterations"])}
            elif do == "host":
                answer = {"milliseconds": tower.host(command["iterations"])}
            elif do == "kernels":
                answer = {"kernels": tower.kernels()}
            elif do == "unload":
                tower, answer = None, {}
            elif do == "memory":
                on_card = device.type == "cuda"
                answer = {"bytes": torch.cuda.max_memory_allocated() if on_card else None}
            elif do == "gemm":
                answer = gemm(**command)
            elif do == "attention":
                answer = attention(**command)
            else:
                answer = {"error": f"unknown command {do}"}
        except Exception as error:  # Every refusal is part of the report.
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
