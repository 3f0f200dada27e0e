#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes rule files as C: embed_rules.py OUT FILE… gives `static const struct slice rules_<name>` for each."""
import os
import re
import sys

out = ['/* Made by src/waf/embed_rules.py from src/waf/rules/. */', '#ifndef WAF_RULE_FILES_H', '#define WAF_RULE_FILES_H', '', '#include "base/slice.h"', '']
for path in sys.argv[2:]:
    name = 'rules_' + re.sub(r'\W', '_', os.path.basename(path))
    with open(path, 'rb') as f:
        data = f.read()
    out.append(f'static const char {name}_bytes[] __attribute__((unused)) = {{')
    out += ['\t' + ''.join(f'{b if b < 128 else b - 256},' for b in data[i:i + 24]) for i in range(0, len(data), 24)]
    out += ['};', f'static const struct slice {name} __attribute__((unused)) = {{ {name}_bytes, {len(data)} }};', '']
with open(sys.argv[1], 'w') as f:
    f.write('\n'.join(out + ['#endif', '']))
