"""Single products and attentions of PyTorch, each with its fastest ways to do it, and what the
device does at best."""

import time

import torch
import torch.nn.functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
dtype = torch.bfloat16
backends = {
    "flash": SDPBackend.FLASH_ATTENTION,
    "cudnn": SDPBackend.CUDNN_ATTENTION,
    "efficient": SDPBackend.EFFICIENT_ATTENTION,
}
rotated_bytes = 192 * 2**20  # More than any L2: operands come from memory.


def each(work, warm=5, count=30):
    """Microseconds of each of `count` calls, by CUDA events between them, as Sigil's launches are
    timed."""
    if device.type == "cpu":
        times = []
        for i in range(4):
            begin = time.perf_counter()
            work(i)
            times.append(1e6 * (time.perf_counter() - begin))
        return times[1:]
    for i in range(warm):
        work(i)
    events = [torch.cuda.Event(enable_timing=True) for _ in range(count + 1)]
    events[0].record()
    for i in range(count):
        work(i)
        events[i + 1].record()
    torch.cuda.synchronize()
    return [1e3 * a.elapsed_time(b) for a, b in zip(events, events[1:])]


def fastest(work):
    """The median call in microseconds, or why there is none."""
    try:
        times = sorted(each(work))
        return {"microseconds": times[len(times) // 2]}
    except Exception as error:
        return {"error": f"{type(error).__name__}: {str(error).splitlines()[0][:100]}"}


def copies(bytes_of_one):
    return max(2, min(32, rotated_bytes // max(1, bytes_of_one)))


def gemm(rows, columns, depth):
    count = copies(2 * (rows * depth + columns * depth))
    a = [torch.randn(rows, depth, device=device, dtype=dtype) for _ in range(count)]
    b = [torch.randn(columns, depth, device=device, dtype=dtype) for _ in range(count)]
    bias = torch.randn(columns, device=device, dtype=dtype)
    with torch.inference_mode():
        return {
            "mm": fastest(lambda i: torch.mm(a[i % count], b[i % count].t())),
            "addmm": fastest(lambda i: torch.addmm(bias, a[i % count], b[i % count].t())),
            "gelu": fastest(
                lambda i: torch._addmm_activation(
                    bias, a[i % count], b[i % count].t(), use_gelu=True
                )
            ),
        }


def attention(batch, heads, queries, keys, size):
    """Of a packed projection, heads beside one another, as models have them."""
    count = copies(2 * batch * heads * size * (queries + 2 * keys))

    def random(tokens):
        rows = torch.randn(batch, tokens, heads, size, device=device, dtype=dtype)
        return rows.transpose(1, 2)

    q, k, v = ([random(tokens) for _ in range(count)] for tokens in (queries, keys, keys))

    def run(i):
        F.scaled_dot_product_attention(q[i % count], k[i % count], v[i % count])

    answer = {"default": fastest(run)}
    for name, backend in backends.items():

        def chosen(i, backend=backend):
            with sdpa_kernel(backend):
                run(i)

        answer[name] = fastest(chosen)
    return answer


def fastest_backend(batch, heads, tokens, size):
    """The backend that does this self-attention fastest; none where no single one does it."""
    with torch.inference_mode():
        times = attention(batch, heads, tokens, tokens, size)
    known = {
        name: found["microseconds"]
        for name, found in times.items()
        if name != "default" and "microseconds" in found
    }
    return min(known, key=known.get) if known else None


def ceilings():
    """What the card does in this run: a product that cuBLAS does best, and a copy of 4 GiB (read
    and written bytes)."""
    size = 8192 if device.type == "cuda" else 512
    a, b = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    copied = 2**32 if device.type == "cuda" else 2**20
    source = torch.empty(copied, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)

    def seconds(work):
        times = sorted(each(lambda _: work(), 3, 10))
        return times[len(times) // 2] / 1e6

    return {
        "teraflops": 2 * size**3 / seconds(lambda: torch.mm(a, b)) / 1e12,
        "terabytes": 2 * source.numel() / seconds(lambda: target.copy_(source)) / 1e12,
        "device": torch.cuda.get_device_name() if device.type == "cuda" else "cpu",
        "torch": torch.__version__,
        "size": size,
    }
