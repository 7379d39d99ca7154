"""transformers' SigLIP towers in five configurations."""

import contextlib
import time
from operator import attrgetter

import torch
import torch.nn.functional as F
from torch.nn.attention import sdpa_kernel
from transformers import SiglipTextConfig, SiglipTextModel, SiglipVisionConfig, SiglipVisionModel

from pytorch_kernels import backends, device, dtype, fastest_backend, rotated_bytes


def tune(model):
    """The same module with q, k and v packed and GELU in the product's epilogue."""
    for layer in model.modules():
        if type(layer).__name__ == "SiglipAttention":
            q, k, v = layer.q_proj, layer.k_proj, layer.v_proj
            weight = torch.cat([q.weight, k.weight, v.weight]).detach().contiguous()
            bias = torch.cat([q.bias, k.bias, v.bias]).detach().contiguous()
            layer.register_buffer("packed_weight", weight, persistent=False)
            layer.register_buffer("packed_bias", bias, persistent=False)

            def attention(hidden_states, attention_mask=None, layer=layer, **_):
                batch, tokens, width = hidden_states.shape
                packed = F.linear(hidden_states, layer.packed_weight, layer.packed_bias)
                packed = packed.view(batch, tokens, 3, layer.num_heads, layer.head_dim)
                query, key, value = (packed[:, :, i].transpose(1, 2) for i in range(3))
                mixed = F.scaled_dot_product_attention(query, key, value, scale=layer.scale)
                return layer.out_proj(mixed.transpose(1, 2).reshape(batch, tokens, width)), None

            layer.forward = attention
        if type(layer).__name__ == "SiglipMLP":

            def mlp(hidden_states, layer=layer):
                rows = hidden_states.reshape(-1, hidden_states.shape[-1])
                hidden = torch._addmm_activation(
                    layer.fc1.bias, rows, layer.fc1.weight.t(), use_gelu=True
                )
                return layer.fc2(hidden).view(hidden_states.shape)

            layer.forward = mlp
    return model


class Tower:
    def __init__(self, tower, config, batch, variant):
        torch.manual_seed(3)
        make_config, make_model = (
            (SiglipVisionConfig, SiglipVisionModel)
            if tower == "vision"
            else (SiglipTextConfig, SiglipTextModel)
        )
        self.config = make_config(**config)
        self.config._attn_implementation = "sdpa"
        with device:  # Random weights are made there: a large tower takes seconds on the host.
            self.model = make_model(self.config).to(dtype).eval().requires_grad_(False)
        self.tower, self.batch = tower, batch
        self.inputs = self.make_inputs()
        self.at = 0
        self.backend = self.choose_backend(variant)
        forward = tune(self.model) if variant == "tuned" else self.model
        if variant == "compile":
            forward = torch.compile(forward)
        elif variant == "max-autotune":
            forward = torch.compile(forward, mode="max-autotune")
        self.forward = lambda x: forward(x).pooler_output
        self.graph = None
        self.warm()
        if variant == "tuned" and device.type == "cuda":
            self.capture()

    def choose_backend(self, variant):
        """cuDNN where it is asked for, the fastest for the hand-tuned one, PyTorch's own choice
        (None) otherwise."""
        if variant == "cudnn":
            return "cudnn" if device.type == "cuda" else "flash"
        if variant != "tuned":
            return None
        c = self.config
        if self.tower == "text":
            tokens = c.max_position_embeddings
        else:
            tokens = (c.image_size // c.patch_size) ** 2
        heads = c.num_attention_heads
        return fastest_backend(self.batch, heads, tokens, c.hidden_size // heads)

    @contextlib.contextmanager
    def context(self):
        chosen = sdpa_kernel(backends[self.backend]) if self.backend else contextlib.nullcontext()
        with torch.inference_mode(), chosen:
            yield

    def make_inputs(self):
        """As many as are more than L2 together."""
        if self.tower == "text":
            shape = (self.batch, self.config.max_position_embeddings)
            vocabulary = self.config.vocab_size
            return [torch.randint(0, vocabulary, shape, device=device) for _ in range(8)]
        c = self.config
        shape = (self.batch, c.num_channels, c.image_size, c.image_size)
        count = max(2, min(16, rotated_bytes // (2 * shape[0] * shape[1] * shape[2] * shape[3])))
        # Random pictures, never zeros: the same product ran 13 % faster on zeros.
        pictures = (torch.randint(0, 256, shape, device=device) for _ in range(count))
        return [bytes_.to(dtype).div_(127.5).sub_(1) for bytes_ in pictures]

    def next(self):
        self.at = (self.at + 1) % len(self.inputs)
        return self.inputs[self.at]

    def warm(self):
        with self.context():
            for _ in range(3):
                self.forward(self.next())
        if device.type == "cuda":
            torch.cuda.synchronize()

    def capture(self):
        self.static = self.inputs[0].clone()
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with self.context(), torch.cuda.stream(stream):
            for _ in range(3):
                self.forward(self.static)
        torch.cuda.current_stream().wait_stream(stream)
        self.graph = torch.cuda.CUDAGraph()
        with self.context(), torch.cuda.graph(self.graph):
            self.result = self.forward(self.static)

    def prepare(self, given):
        """Puts an input where the forward reads it. For a graph this is a copy, which is not timed:
        Sigil's inputs lie in place too."""
        if self.graph is None:
            return given
        self.static.copy_(given, non_blocking=True)
        return self.static

    def run(self, placed):
        if self.graph is None:
            return self.forward(placed)
        self.graph.replay()
        return self.result

    def time(self, iterations):
        with self.context():
            if device.type == "cpu":
                milliseconds = []
                for _ in range(iterations):
                    begin = time.perf_counter()
                    self.run(self.prepare(self.next()))
                    milliseconds.append(1e3 * (time.perf_counter() - begin))
                return milliseconds
            events = [
                tuple(torch.cuda.Event(enable_timing=True) for _ in range(2))
                for _ in range(iterations)
            ]
            for begin, end in events:
                placed = self.prepare(self.next())
                begin.record()
                self.run(placed)
                end.record()
            torch.cuda.synchronize()
            return [begin.elapsed_time(end) for begin, end in events]

    def host(self, iterations):
        """Bytes of pictures (or ids) in pinned memory to the device, normalised there, embedded,
        and the embeddings back."""
        if self.tower == "text":
            given = [x.cpu() for x in self.inputs]
        else:
            given = [torch.randint(0, 256, x.shape, dtype=torch.uint8) for x in self.inputs[:4]]
        if device.type == "cuda":
            given = [x.pin_memory() for x in given]
        milliseconds = []
        with self.context():
            for i in range(iterations + 2):
                begin = time.perf_counter()
                x = given[i % len(given)].to(device, non_blocking=True)
                if self.tower == "vision":
                    x = x.to(dtype).div_(127.5).sub_(1)
                self.run(self.prepare(x)).float().cpu()
                milliseconds.append(1e3 * (time.perf_counter() - begin))
        return milliseconds[2:]

    def kernels(self):
        activity = torch.profiler.ProfilerActivity
        kinds = [activity.CPU, activity.CUDA] if device.type == "cuda" else [activity.CPU]
        with self.context(), torch.profiler.profile(activities=kinds) as profile:
            self.run(self.prepare(self.next()))
            if device.type == "cuda":
                torch.cuda.synchronize()
        kind = "self_device_time_total" if device.type == "cuda" else "self_cpu_time_total"
        events = sorted(profile.key_averages(), key=attrgetter(kind), reverse=True)[:8]
        times = [(event, getattr(event, kind)) for event in events]
        return [
            {"name": event.key[:110], "count": event.count, "microseconds": time}
            for event, time in times
            if time > 0
        ]
