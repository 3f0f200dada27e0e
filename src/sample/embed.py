#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes files as C: embed.py OUT FILE… gives `static const struct slice web_<name>` for each, dots as underscores."""
import os
import re
import sys

out = ['/* Made by src/sample/embed.py from src/sample/web/. */', '#ifndef SAMPLE_WEB_FILES_H', '#define SAMPLE_WEB_FILES_H', '',
       '#include "base/slice.h"', '']
for path in sys.argv[2:]:
    name = 'web_' + re.sub(r'\W', '_', os.path.basename(path))
    with open(path, 'rb') as f:
        data = f.read()
    out.append(f'static const char {name}_bytes[] __attribute__((unused)) = {{')
    for i in range(0, len(data), 24):
        out.append('\t' + ''.join(f'{b if b < 128 else b - 256},' for b in data[i:i + 24]))
    out += ['};', f'static const struct slice {name} __attribute__((unused)) = {{ {name}_bytes, {len(data)} }};', '']
with open(sys.argv[1], 'w') as f:
    f.write('\n'.join(out + ['#endif', '']))
