"""The organisations we have a relationship with: what they are to us, and whom we know there."""

import datetime as dt
import uuid

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from survey.storage.base import Base, new_id, one_of

PARTNER_KINDS = ("supplier", "customer", "distributor", "other")
KRALJIC_CLASSES = ("strategic", "leverage", "bottleneck", "routine")


class Partner(Base):
    """An organisation (or shop, department …) that is rated."""

    __tablename__ = "partner"
    __table_args__ = (
        one_of("kind", PARTNER_KINDS),
        one_of("kraljic", KRALJIC_CLASSES),
        sa.CheckConstraint("name <> ''", name="name"),
        sa.CheckConstraint("revenue_share BETWEEN 0 AND 100", name="revenue_share"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str] = mapped_column(sa.String(20))
    category: Mapped[str | None]
    region: Mapped[str | None]
    kraljic: Mapped[str | None] = mapped_column(sa.String(20))
    # per cent of what we buy from, or sell to, all of them
    revenue_share: Mapped[float | None] = mapped_column(sa.Double)
    archived_on: Mapped[dt.date | None]


class PartnerGroup(Base):
    """A partner's place in a group of the user's own making."""

    __tablename__ = "partner_group"
    __table_args__ = (sa.CheckConstraint("name <> ''", name="name"),)

    partner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("partner.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)


class Contact(Base):
    """A person at a partner, who may be asked about us."""

    __tablename__ = "contact"
    __table_args__ = (
        sa.UniqueConstraint("partner_id", "email"),
        sa.CheckConstraint("name <> '' AND email <> ''", name="named"),
    )

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    partner_id: Mapped[uuid.UUID] = mapped_column(sa.ForeignKey("partner.id"))
    name: Mapped[str]
    email: Mapped[str] = mapped_column(sa.String(254))
    language: Mapped[str] = mapped_column(sa.String(10))
    position: Mapped[str | None]
