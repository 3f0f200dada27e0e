// SPDX-License-Identifier: Apache-2.0
// The page's two live fields: the harbour clock from /api/time and the tide from /events.
'use strict'

const show = (id, text) => { document.getElementById(id).textContent = text }

async function clock () {
  try {
    const r = await fetch('/api/time')
    const { unix_ms: now, name } = await r.json()
    show('clock', `${new Date(now).toLocaleTimeString()} by ${name}`)
  } catch {
    show('clock', 'stopped')
  }
}

clock()
setInterval(clock, 10000)

const tide = new EventSource('/events?n=3600')
tide.addEventListener('tide', e => show('tide', `wave ${e.data}`))
tide.onerror = () => show('tide', 'calm')
