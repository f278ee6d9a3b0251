"""Every claim."""

from __future__ import annotations

from archbench.experiments import behaviour, cache, form_function, kws, networks

CLAIMS = (*form_function.CLAIMS, *cache.CLAIMS, *networks.CLAIMS, *kws.CLAIMS, *behaviour.CLAIMS)
