"""A torch module compiled by inductor for one input shape."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Read when inductor is imported: a pool of compiling processes would be a neighbour, and does not survive a fork.
os.environ.setdefault("TORCHINDUCTOR_COMPILE_THREADS", "1")

import torch
from torch import nn

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)  # inductor's own use of torch.jit
    import torch._dynamo
    import torch._inductor.compile_fx

_MODELS = 1000


def compile_module(module: nn.Module, cache: Path) -> Callable[..., Any]:
    """What compiles `module` on its first call, keeps what it made under `cache`, and runs it."""
    os.environ["TORCHINDUCTOR_CACHE_DIR"] = str(cache / "inductor")
    torch._inductor.config.freezing = True
    # Meant for one model that is compiled again and again, but counted over all models of a process.
    torch._dynamo.config.recompile_limit = _MODELS
    compiled: Callable[..., Any] = torch.compile(module, fullgraph=True, dynamic=False)
    return compiled
