/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* chrony's own claim: how far its clock may be from its source's root, |correction| + root delay / 2 + root dispersion
   (chronyc.adoc, tracking), growing at 50 ppm. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <timeguard/report.h>

#define TG_CLAIM_GROWTH_PPM 50

/* The selected source, or NULL. */
const struct tg_source *tg_selected_source(const struct tg_chrony_sample *sample);
/* chronyd follows a source that still answers, whatever tracking says. */
bool tg_has_live_source(const struct tg_chrony_sample *sample);
/* The claim as of the report: only where the selected source is reachable and the clock is not in local mode. */
bool tg_claim(const struct tg_report *report, int64_t *claim_ns);
/* How far the clock may have drifted on its own: the claim at the last update, grown since. False when there never was one. */
bool tg_claim_without_source(const struct tg_report *report, int64_t *claim_ns);
