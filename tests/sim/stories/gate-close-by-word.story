# SPDX-License-Identifier: LGPL-2.1-or-later
story An administrator has the gate closed though all is well, even in observe mode; it stays closed until he says so, and the one that was asked may vanish
set gate.release 10s
ha whole
at 130s gate-close n2
by 175s gate closed
by 175s ha closed
by 175s closed-by timeguard
at 180s agent-kill n2 for 30s
from 180s to 240s seen-by n1,n3 gate closed
at 240s gate-release n3
by 290s gate open
by 290s ha open
until 300s
alerts
  gate-closed raised 131s..175s cleared 245s..290s seen-by n1,n3
  gate-closed raised 131s..175s seen-by n2            # it is killed
  gate-closed raised 205s..215s cleared 245s..290s seen-by n2
  node-mute n2 raised 181s..200s cleared 205s..225s seen-by n1,n3
