# SPDX-License-Identifier: LGPL-2.1-or-later
story Sixty-four nodes, all sound
nodes 64
by 10s cluster agreed
by 15s all ok
by 15s set all
alerts
