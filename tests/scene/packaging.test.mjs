// SPDX-License-Identifier: Apache-2.0
// What packaging/ ships is what the program accepts.
import path from 'node:path'
import { scene, eq } from '../lib/scene.mjs'
import { ROOT } from '../lib/edge.mjs'

scene('the sample configuration is accepted as it is', async s => {
  const app = await s.origin({ '/': 'hello' })
  const edge = await s.edge({ hosts: { 'www.test': [app] }, start: false })
  edge.configFile = path.join(ROOT, 'packaging/seawall.conf')
  edge.options.args = ['listen.http=127.0.0.1:' + edge.port, 'listen.https=127.0.0.1:0', 'listen.api=127.0.0.1:0', `node.data=${edge.dir}/data`, `plan.folder=${edge.dir}/plan`,
    `log.access=${edge.dir}/access.log`].flatMap(v => ['--set', v])
  await edge.start()
  eq((await edge.get('/')).text, 'hello')
})
