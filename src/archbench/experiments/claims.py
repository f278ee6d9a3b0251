"""Every claim."""

from __future__ import annotations

from archbench.experiments import cache, form_function, networks

CLAIMS = (*form_function.CLAIMS, *cache.CLAIMS, *networks.CLAIMS)
