# SPDX-License-Identifier: LGPL-2.1-or-later
story two_node, partitioned, each side closes itself as the source has jumped; after the merge both know one record
seed 2
nodes 2
flags two_node
set gate.mode enforce
set gate.release 600s
ha each
at 50s partition n1 | n2
at 60s server-step s1 +100s for 240s
by 290s seen-by n1 record verified
by 290s seen-by n2 record verified
at 292s merge
by 1200s ha open
by 1200s record undone
alerts
  whatever all cluster-unproven pending-step gate-closed
