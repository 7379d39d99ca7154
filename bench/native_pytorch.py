"""Milliseconds of one tower in PyTorch on the CPU: MODEL TOWER STORAGE THREADS.

Random weights of the model's size. The least of some runs: with one thread of processor time, else
of the clock.
"""

import json
import pathlib
import sys
import time

import torch

# Towers need none, and one that does not fit torch would keep transformers from loading.
sys.modules["torchvision"] = None

from transformers import SiglipTextConfig, SiglipTextModel, SiglipVisionConfig, SiglipVisionModel

model, tower, storage, threads = sys.argv[1:5]
torch.set_num_threads(int(threads))
spec = json.loads((pathlib.Path(__file__).parent / f"../spec/models/{model}.json").read_text())
config = spec["config"].get(f"{tower}_config", {})
dtype = getattr(torch, storage)
if tower == "vision":
    net = SiglipVisionModel(SiglipVisionConfig(**config))
    side = net.config.image_size
    given = {"pixel_values": torch.rand(1, 3, side, side).to(dtype)}
else:
    net = SiglipTextModel(SiglipTextConfig(**config))
    given = {"input_ids": torch.randint(0, 30000, (1, net.config.max_position_embeddings))}
net = net.eval().to(dtype)
clock = time.process_time if threads == "1" else time.perf_counter
least = float("inf")
began = time.perf_counter()
with torch.inference_mode():
    while time.perf_counter() - began < 6 or least == float("inf"):
        begin = clock()
        net(**given)
        least = min(least, clock() - begin)
print(1e3 * least)
