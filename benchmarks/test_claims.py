"""Do the papers' findings hold on this machine, and do they still hold as at the baseline?"""

import pytest

from archbench.experiments.claim import Outcome, has_changed
from archbench.experiments.claims import CLAIMS


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_claim(archbench_run, claim):
    finding = archbench_run.judge(claim)
    if finding.outcome is Outcome.NOT_MEASURED:
        pytest.skip(finding.evidence)

    accepted = archbench_run.accepted_outcome(claim)

    assert not has_changed(accepted, finding.outcome), f"{accepted!r} at the baseline, now: {finding.evidence}"
