/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The commands of tg-sim; each returns the exit code. */
#pragma once

int sim_story_main(int argc, char **argv);
int sim_campaign_main(int argc, char **argv);
