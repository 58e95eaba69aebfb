/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The keys of the status document. */
#pragma once

#include "document.h"

extern const struct tg_shape tg_document_shape; /* of struct tg_document */
