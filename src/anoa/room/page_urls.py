"""The addresses of the pages."""

from __future__ import annotations

from django.urls import path

from anoa.room.views import (
    papers,
    paste,
    reports,
    screen,
    shift,
    situation,
    tls,
    units,
    work,
    zoom_map,
)

urlpatterns = [
    path("", situation.board, name="board"),
    path("region/<str:code>", situation.region, name="region"),
    path("unit/<str:ident>", units.unit, name="unit"),
    path("map", zoom_map.map_page, name="map"),
    path("map.geojson", zoom_map.map_data, name="map_data"),
    path("index", situation.index, name="index"),
    path("calendar", situation.calendar, name="calendar"),
    path("shift", shift.shift, name="shift"),
    path("threats", work.threats, name="threats"),
    path("threats/<str:ident>", work.threat, name="threat"),
    path("proposals/<str:ident>", work.proposal, name="proposal"),
    path("reports", reports.reports, name="reports"),
    path("reports/export", reports.export, name="report_export"),
    path("reports/<str:ident>", work.report, name="report"),
    path("paste", paste.listing, name="pastes"),
    path("paste/<int:number>", paste.one_message, name="paste"),
    path("incidents/<str:ident>", work.incident, name="incident"),
    path("meetings", work.meetings, name="meetings"),
    path("meetings/<str:ident>", work.meeting, name="meeting"),
    path("commitments", work.commitments, name="commitments"),
    path("commitments/<str:ident>", work.commitment, name="commitment"),
    path("tasks", work.tasks, name="tasks"),
    path("log", papers.log, name="log"),
    path("log/moment", papers.told_moment, name="moment"),
    path("log/export", papers.export, name="export"),
    path("log/seals/<str:ident>", papers.seal_file, name="seal"),
    path("daily-reports", papers.sitreps, name="sitreps"),
    path("daily-reports/<str:ident>.<str:form>", papers.sitrep_file, name="sitrep"),
    path("lock", screen.lock, name="lock"),
    path("lock/open", screen.unlock, name="unlock"),
    path("lock/leave", screen.leave, name="lock_leave"),
    path("lock/active", screen.active, name="active"),
    path("drafts/keep", screen.keep_draft, name="draft_keep"),
    path("drafts/discard", screen.discard_draft, name="draft_discard"),
    path("tls", tls.steps, name="tls"),
    path("tls/authority.crt", tls.certificate, name="tls_certificate"),
    path("language", papers.language, name="language"),
]
