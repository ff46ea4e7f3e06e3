"""The table of reports: what each said on the day it was made, in every language."""

import datetime as dt
import uuid
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.base import Base, new_id, one_of, today

REPORT_KINDS = ("partner", "portfolio")
OF_PARTNER, OF_PORTFOLIO = REPORT_KINDS


class Report(Base):
    """A report on one partner or on several, frozen: its very bytes, packed, and their hash.

    `first_wave` is the earliest wave whose numbers are in it; `chosen` by which values of the
    register the partners in it were chosen, of several.
    """

    __tablename__ = "report"
    __table_args__ = (
        one_of("kind", REPORT_KINDS),
        sa.CheckConstraint("(kind = 'partner') = (partner_id IS NOT NULL)", name="partner"),
        sa.CheckConstraint("length(sha256) = 64", name="sha256"),
        sa.CheckConstraint("first_wave >= 1", name="first_wave"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str] = mapped_column(sa.String(10))
    wave_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("wave.id"), index=True)
    partner_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("partner.id"), index=True)
    user_id: Mapped[uuid.UUID | None] = mapped_column(sa.ForeignKey("user_account.id"), index=True)
    made_on: Mapped[dt.date] = mapped_column(default=today)
    first_wave: Mapped[int]
    with_record: Mapped[bool]
    chosen: Mapped[dict[str, Any]]
    packed: Mapped[bytes | None]  # gone when the data of a wave in it are
    sha256: Mapped[str] = mapped_column(sa.String(64))
