"""From a :class:`Document` to a :class:`Study`: names resolved, expressions compiled.

Everything a shape cannot tell is checked here: code lists and forms that exist, OIDs that are not
given twice, expressions that fit, conditions that do not run in a circle.
"""

from __future__ import annotations

from mrd_desktop.study.building.checks import derivations, item_checks, numbered_checks
from mrd_desktop.study.building.common import Expressions, Mistakes, text_of, unique
from mrd_desktop.study.building.conduct import (
    events,
    keyed_twice,
    oversight,
    reductions,
    save_rules,
    source_checks,
)
from mrd_desktop.study.building.forms import code_lists, plain_forms, with_conditions
from mrd_desktop.study.building.soundness import keep_private, no_circle, refer_rightly
from mrd_desktop.study.building.tables import conversions, drugs, headings, listed_terms, terms
from mrd_desktop.study.catalogue import Catalogue
from mrd_desktop.study.derivation import refuse_cycles
from mrd_desktop.study.document import Document
from mrd_desktop.study.errors import DefinitionError
from mrd_desktop.study.model import Reason, Role, SdvPlan, Study
from mrd_desktop.study.rules import RULES

__all__ = ["Mistakes", "build"]


def build(document: Document, digest: str, mistakes: Mistakes) -> Study:
    """The study of a document; of use only if no mistake was added.

    Args:
        document: the definition in its written shape.
        digest: SHA-256 (hex) of its canonical JSON.
        mistakes: filled with everything that is wrong.
    """
    part = document.study
    codelists = code_lists(document, mistakes)
    plain = plain_forms(document, codelists, mistakes)
    catalogue = Catalogue.of(
        plain,
        parameters=part.parameters,
        events=[e.oid for e in document.schedule.events],
        rules=RULES,
    )
    expressions = Expressions(catalogue, mistakes)
    names, names_with_unit = headings(document, plain, mistakes)
    critical = frozenset(source_checks(document, plain, mistakes))
    forms = keyed_twice(document, with_conditions(document, plain, expressions), critical)
    study = Study(
        oid=part.oid,
        name=text_of(part),
        protocol=part.protocol,
        version=part.version,
        digest=digest,
        forms=tuple(forms),
        codelists=codelists,
        checks=(
            *item_checks(document, expressions),
            *numbered_checks(document, plain, expressions, mistakes),
        ),
        derivations=tuple(derivations(document, plain, expressions, mistakes)),
        events=tuple(events(document, plain, expressions, mistakes)),
        parameters=dict(part.parameters),
        roles=tuple(Role(r.oid, text_of(r), frozenset(r.operations), r.vault) for r in part.roles),
        reasons=tuple(Reason(r.code, text_of(r), r.needs_text, r.system) for r in part.reasons),
        conversions=tuple(conversions(document, plain, mistakes)),
        terms=listed_terms(document, plain, mistakes),
        headings=names,
        headings_with_unit=names_with_unit,
        protocol_parts={p.oid: text_of(p) for p in part.protocol_parts},
        drugs=drugs(document, codelists, mistakes),
        ctcae=tuple(terms(document, codelists, mistakes)),
        save_rules=tuple(save_rules(document, plain, expressions, mistakes)),
        fixed_when_signed=frozenset(part.fixed_when_signed),
        reductions=tuple(reductions(document, plain, mistakes)),
        critical=critical,
        second_look=part.second_look,
        sdv=SdvPlan(part.sdv.percent, part.sdv.seed) if part.sdv else SdvPlan(),
        oversight=oversight(document, plain, mistakes),
    )
    no_circle(document, study, mistakes)
    keep_private(document, study, mistakes)
    refer_rightly(document, study, mistakes)
    try:
        refuse_cycles(study.by_item, study.derivations)
    except DefinitionError as e:
        mistakes.add(("derivations",), e.detail)
    unique((p.oid for p in part.roles), ("study", "roles"), "oid", mistakes)
    unique((p.code for p in part.reasons), ("study", "reasons"), "code", mistakes)
    return study
