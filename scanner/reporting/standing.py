"""How controls stand, in the words that several formats share: levels, dates, mappings, applicability."""

from __future__ import annotations

from scanner.model.report import CatalogueInfo, ControlStatus, Report
from scanner.reporting import wording

NOT_APPLICABLE = "not applicable"


def applicable(control: ControlStatus) -> bool:
    """False for a control that is declared, or was found, not to apply."""
    return control.determination != NOT_APPLICABLE


def said(control: ControlStatus) -> str:
    """Give a control's determination and what it rests on: `not satisfied; 2 results fail`."""
    return f"{control.determination}; {control.reason}" if control.reason else control.determination


def levels(control: ControlStatus) -> tuple[str, ...]:
    """Give a control's implementation groups or level, as reports print them."""
    groups = control.attributes.get("groups")
    if isinstance(groups, list | tuple) and groups:
        return tuple(f"IG{group}" if str(group).isdigit() else str(group) for group in groups)
    return (f"Level {control.level}" if control.level.isdigit() else control.level,) if control.level else ()


def mappings(catalogue: CatalogueInfo, control: ControlStatus) -> str:
    """Say where the mappings come from by which other controls support this one; empty when none does."""
    origins = dict.fromkeys(reference.partition("/")[0] for reference in control.supported_by)
    return "; ".join(f"{name} {catalogue.crosswalks.get(name, 'of unknown source')}" for name in origins)


def attested(report: Report) -> dict[str, str]:
    """Give `catalogue/number` > the latest day of an attestation that answered for the control in this run."""
    found: dict[str, str] = {}
    for row in report.attestations:
        if row.get("used") and row.get("control"):
            name, day = wording.words(row["control"]), wording.words(row.get("on"))
            found[name] = max(found.get(name, ""), day)
    return found


def dates(report: Report) -> dict[str, str]:
    """Give `catalogue/number` > the day on which it was assessed: of the run, or of the attestation alone."""
    found = attested(report)
    for catalogue in report.catalogues:
        for control in catalogue.controls:
            if control.outcomes:
                found[f"{catalogue.id}/{control.id}"] = report.header.ended[:10]
    return found
