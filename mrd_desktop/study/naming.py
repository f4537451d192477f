"""Names of forms that Windows takes for devices: refused where a definition is taken up.

A definition that is in force with such a form is read and amended for ever (decision 0069): tables
of the form are files of another name.
"""

from __future__ import annotations

from mrd_desktop.portable import is_device
from mrd_desktop.study.errors import DefinitionError
from mrd_desktop.study.model import Study


def devices(study: Study) -> tuple[str, ...]:
    """OIDs of the forms that are named like a device."""
    return tuple(form.oid for form in study.forms if is_device(form.oid))


def require_names(study: Study, held: Study | None = None) -> None:
    """Go on only where no form is named like a device.

    Args:
        held: the definition in force, which an amendment follows; its forms keep their names.

    Raises:
        DefinitionError: one is; it names the file.
    """
    known = () if held is None else devices(held)
    found = [oid for oid in devices(study) if oid not in known]
    if found:
        raise DefinitionError(
            "\n".join(
                f"forms/{oid}.yaml:1: “{oid}” is the name of a device under Windows; write "
                "another name"
                for oid in found
            )
        )


def file_of(oid: str) -> str:
    """What a file of a form is called, without its ending; no form has an OID with ``_``."""
    return f"{oid}_" if is_device(oid) else oid
