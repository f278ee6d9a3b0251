"""How findings are told."""

from archbench.experiments.claim import Finding, Outcome, finding_lines


def test_claims_of_other_cases_share_a_line():
    findings = {
        "a": Finding(outcome=Outcome.HOLDS, evidence="1.20x"),
        "b": Finding(outcome=Outcome.NOT_MEASURED, evidence="no case of it"),
        "c": Finding(outcome=Outcome.INCONCLUSIVE, evidence="0.98x"),
        "d": Finding(outcome=Outcome.NOT_MEASURED, evidence="no case of it"),
    }

    assert list(finding_lines(findings)) == [
        "claim a: holds (1.20x)",
        "claim c: inconclusive (0.98x)",
        "2 of 4 claims are not of these cases",
    ]
