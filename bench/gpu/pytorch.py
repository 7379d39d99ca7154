"""The PyTorch side of the GPU benchmark: transformers' SigLIP towers in five configurations, timed on request.

Reads one JSON command a line from standard input and answers each with one JSON line:
  {"do": "ceilings"}                                    TFLOP/s of a bf16 8192^3 product on random data, TB/s of a copy
  {"do": "load", "tower": "vision"|"text", "config": {...}, "batch": n, "variant": "eager"|"cudnn"|"compile"|"max-autotune"|"tuned"}
  {"do": "time", "iterations": n}                       milliseconds of each forward, by CUDA events
  {"do": "unload"}, {"do": "memory"}
A failure is answered as {"error": text}: a configuration that PyTorch refuses is reported, not hidden.
"""

import contextlib
import json
import sys
import time

import torch
from torch.nn.attention import SDPBackend, sdpa_kernel
from transformers import SiglipTextConfig, SiglipTextModel, SiglipVisionConfig, SiglipVisionModel

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
dtype = torch.bfloat16
inputs_bytes = 192 * 2**20  # Rotated over more than any L2, so that inputs come from memory as they do in use.


def tuned(model):
    """The same module with q, k and v packed, GELU in the product's epilogue, and scaled dot products on cuDNN."""
    import torch.nn.functional as F

    for layer in model.modules():
        if type(layer).__name__ == "SiglipAttention":
            q, k, v = layer.q_proj, layer.k_proj, layer.v_proj
            layer.register_buffer("packed_weight", torch.cat([q.weight, k.weight, v.weight]).detach().contiguous(), persistent=False)
            layer.register_buffer("packed_bias", torch.cat([q.bias, k.bias, v.bias]).detach().contiguous(), persistent=False)

            def attention(hidden_states, attention_mask=None, layer=layer, **_):
                batch, tokens, width = hidden_states.shape
                packed = F.linear(hidden_states, layer.packed_weight, layer.packed_bias).view(batch, tokens, 3, layer.num_heads, layer.head_dim)
                query, key, value = (packed[:, :, i].transpose(1, 2) for i in range(3))
                mixed = F.scaled_dot_product_attention(query, key, value, scale=layer.scale)
                return layer.out_proj(mixed.transpose(1, 2).reshape(batch, tokens, width)), None

            layer.forward = attention
        if type(layer).__name__ == "SiglipMLP":

            def mlp(hidden_states, layer=layer):
                rows = hidden_states.reshape(-1, hidden_states.shape[-1])
                hidden = torch._addmm_activation(layer.fc1.bias, rows, layer.fc1.weight.t(), use_gelu=True)
                return layer.fc2(hidden).view(hidden_states.shape)

            layer.forward = mlp
    return model


class Tower:
    def __init__(self, tower, config, batch, variant):
        torch.manual_seed(3)
        maker = (SiglipVisionConfig, SiglipVisionModel) if tower == "vision" else (SiglipTextConfig, SiglipTextModel)
        self.config = maker[0](**config)
        self.config._attn_implementation = "sdpa"
        self.model = maker[1](self.config).to(device=device, dtype=dtype).eval().requires_grad_(False)
        self.inputs = self.make_inputs(tower, batch)
        self.at = 0
        self.context = sdpa_kernel(SDPBackend.CUDNN_ATTENTION) if variant in ("cudnn", "tuned") and device.type == "cuda" else contextlib.nullcontext()
        forward = tuned(self.model) if variant == "tuned" else self.model
        if variant == "compile":
            forward = torch.compile(forward)
        elif variant == "max-autotune":
            forward = torch.compile(forward, mode="max-autotune")
        self.forward = lambda x: forward(x).pooler_output
        self.graph = None
        self.warm()
        if variant == "tuned" and device.type == "cuda":
            self.capture()

    def make_inputs(self, tower, batch):
        if tower == "text":
            shape = (batch, self.config.max_position_embeddings)
            return [torch.randint(0, self.config.vocab_size, shape, device=device) for _ in range(8)]
        shape = (batch, self.config.num_channels, self.config.image_size, self.config.image_size)
        count = max(2, min(16, inputs_bytes // (2 * shape[0] * shape[1] * shape[2] * shape[3])))
        # Random pictures, never zeros: the same product ran 13 % faster on zeros.
        return [torch.randint(0, 256, shape, device=device).to(dtype).div_(127.5).sub_(1) for _ in range(count)]

    def next(self):
        self.at = (self.at + 1) % len(self.inputs)
        return self.inputs[self.at]

    def warm(self):
        with torch.inference_mode(), self.context:
            for _ in range(3):
                self.forward(self.next())
        if device.type == "cuda":
            torch.cuda.synchronize()

    def capture(self):
        self.static = self.inputs[0].clone()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.inference_mode(), self.context, torch.cuda.stream(stream):
            for _ in range(3):
                self.forward(self.static)
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with torch.inference_mode(), self.context, torch.cuda.graph(self.graph):
            self.result = self.forward(self.static)

    def run(self):
        if self.graph:
            self.static.copy_(self.next(), non_blocking=True)
            self.graph.replay()
        else:
            self.forward(self.next())

    def time(self, iterations):
        milliseconds = []
        with torch.inference_mode(), self.context:
            if device.type == "cpu":
                for _ in range(iterations):
                    begin = time.perf_counter()
                    self.run()
                    milliseconds.append(1e3 * (time.perf_counter() - begin))
                return milliseconds
            events = [(torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)) for _ in range(iterations)]
            for begin, end in events:
                begin.record()
                self.run()
                end.record()
            torch.cuda.synchronize()
            return [begin.elapsed_time(end) for begin, end in events]


def ceilings():
    """What the card does in this run: a product that cuBLAS does best, and a copy of 4 GiB (read and written bytes)."""
    size, count = (8192, 10) if device.type == "cuda" else (512, 2)
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    source = torch.empty(2**32 if device.type == "cuda" else 2**20, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)

    def seconds(work):
        for _ in range(3):
            work()
        if device.type == "cpu":
            begin = time.perf_counter()
            for _ in range(count):
                work()
            return (time.perf_counter() - begin) / count
        begin, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        begin.record()
        for _ in range(count):
            work()
        end.record()
        torch.cuda.synchronize()
        return begin.elapsed_time(end) / 1e3 / count

    return {
        "teraflops": 2 * size**3 / seconds(lambda: torch.mm(a, b)) / 1e12,
        "terabytes": 2 * source.numel() / seconds(lambda: target.copy_(source)) / 1e12,
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "torch": torch.__version__,
    }


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
                if device.type == "cuda":
                    torch.cuda.empty_cache()
                    torch.cuda.reset_peak_memory_stats()
                begin = time.perf_counter()
                tower = Tower(**command)
                answer = {"seconds": time.perf_counter() - begin}
            elif do == "time":
                answer = {"milliseconds": tower.time(command["iterations"])}
            elif do == "unload":
                tower, answer = None, {}
            elif do == "memory":
                answer = {"bytes": torch.cuda.max_memory_allocated() if device.type == "cuda" else 0}
            else:
                answer = {"error": f"unknown command {do}"}
        except Exception as error:  # Every refusal is part of the report.
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
