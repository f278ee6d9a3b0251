"""Do the form/function paper's findings hold on this machine, and do they still hold as at the baseline?"""

import pytest

from archbench.experiments.claim import Outcome
from archbench.experiments.form_function import CLAIMS


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.name)
def test_claim(archbench_run, claim):
    finding = archbench_run.judge(claim)
    if finding.outcome is Outcome.NOT_MEASURED:
        pytest.skip(finding.evidence)

    accepted = archbench_run.accepted_outcome(claim)

    assert not changed(accepted, finding.outcome), (
        f"{claim.name}: {accepted} at the baseline, {finding.outcome.value} now: {finding.evidence}"
    )


def changed(accepted, outcome):
    decided = [entry.value for entry in Outcome if entry.decided]
    return accepted in decided and outcome.decided and accepted != outcome.value
