// SPDX-License-Identifier: Apache-2.0
import { useState } from 'preact/hooks'
import { type Session, signIn } from '../api'
import { Form, Text } from '../ui'

export function SignIn ({ done }: { done: (s: Session) => void }) {
  const [token, setToken] = useState('')
  return (
    <main id="main" class="signin">
      <div class="card">
        <h1><img src="/ui/icon.svg" alt="" width="32" height="32" /> Seawall</h1>
        <Form button="Sign in" send={async () => done(await signIn({ token: token.trim() }))}>
          {about => (
            <Text label="API token" type="password" autocomplete="current-password" wide value={token} set={setToken} error={about('/token')}
              hint={<>The administrator's is in <code>DATA/admin.token</code> on the node; <code>seawall tokens create</code> makes others.</>} />
          )}
        </Form>
      </div>
    </main>
  )
}
