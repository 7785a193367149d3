// Made of the OpenAPI document by `npm run types:api`: not to be edited.

export interface Api {
  'POST /session': {
    body: {
      user: string
      password: string
      code?: string | undefined
      passkey?:
        | {
            id: string
            clientDataJSON: string
            authenticatorData: string
            signature: string
            userHandle?: string | undefined
          }
        | undefined
    }
    answer: {
      account: string
      csrf: string
      administrator: boolean
      totp: boolean
      passkeys: number
      totpRequired: boolean
      knownPassword: boolean
      entered?: string | undefined
      idle: number
      lockIdle: number
    }
  }
  'GET /session': {
    answer: {
      account: string
      csrf: string
      administrator: boolean
      totp: boolean
      passkeys: number
      totpRequired: boolean
      knownPassword: boolean
      entered?: string | undefined
      idle: number
      lockIdle: number
    }
  }
  'DELETE /session': { answer: { done: boolean } }
  'POST /session/passkey/offer': { answer: { challenge: string; rpId: string; timeout: number } }
  'POST /session/passkey': {
    body: {
      passkey: {
        id: string
        clientDataJSON: string
        authenticatorData: string
        signature: string
        userHandle?: string | undefined
      }
    }
    answer: {
      account: string
      csrf: string
      administrator: boolean
      totp: boolean
      passkeys: number
      totpRequired: boolean
      knownPassword: boolean
      entered?: string | undefined
      idle: number
      lockIdle: number
    }
  }
  'POST /session/release': { body: Record<string, never>; answer: { done: boolean } }
  'GET /sessions': {
    answer: {
      sessions: Array<{
        id: string
        label: string
        address: string
        createdAt: number
        activeAt: number
        totp: boolean
        current: boolean
      }>
    }
  }
  'DELETE /sessions': { answer: { done: boolean } }
  'DELETE /sessions/{id}': { where: { id: string | number }; answer: { done: boolean } }
  'GET /locks': {
    answer: {
      holders: Array<{
        id: string
        protocol: string
        access: 'exclusive' | 'shared'
        address: string
        client?: string | undefined
        since: number
        activeAt: number
      }>
    }
  }
  'GET /locks/refusals': {
    answer: {
      refusals: Array<{
        protocol: string
        address: string
        count: number
        since: number
        at: number
        by: { protocol: string; address: string; since: number; client?: string | undefined }
      }>
    }
  }
  'DELETE /locks/{id}': { where: { id: string | number }; answer: { ended: number } }
  'POST /account/password': { body: { password: string; next: string }; answer: { done: boolean } }
  'POST /account/totp/offer': { answer: { secret: string; uri: string; qr: Array<string> } }
  'POST /account/totp': {
    body: { password: string; secret: string; code: string }
    answer: { recoveryCodes: Array<string> }
  }
  'DELETE /account/totp': {
    body: {
      password: string
      code?: string | undefined
      passkey?:
        | {
            id: string
            clientDataJSON: string
            authenticatorData: string
            signature: string
            userHandle?: string | undefined
          }
        | undefined
    }
    answer: { done: boolean }
  }
  'POST /account/recovery-codes': {
    body: {
      password: string
      code?: string | undefined
      passkey?:
        | {
            id: string
            clientDataJSON: string
            authenticatorData: string
            signature: string
            userHandle?: string | undefined
          }
        | undefined
    }
    answer: { recoveryCodes: Array<string> }
  }
  'GET /account/passkeys': {
    answer: {
      passkeys: Array<{
        id: string
        label: string
        createdAt: number
        used?: { at: number; address: string } | undefined
      }>
    }
  }
  'POST /account/passkeys': {
    body: { password: string; label: string; made: { id: string; clientDataJSON: string; attestationObject: string } }
    answer: { id: string; recoveryCodes: Array<string> }
  }
  'POST /account/passkeys/offer': {
    answer: {
      challenge: string
      rpId: string
      timeout: number
      user: { id: string; name: string }
      algorithms: Array<number>
      exclude: Array<string>
    }
  }
  'DELETE /account/passkeys/{id}': {
    where: { id: string | number }
    body: {
      password: string
      code?: string | undefined
      passkey?:
        | {
            id: string
            clientDataJSON: string
            authenticatorData: string
            signature: string
            userHandle?: string | undefined
          }
        | undefined
    }
    answer: { done: boolean }
  }
  'GET /account/keys': {
    answer: {
      appPasswords: Array<{
        id: string
        label: string
        protocols: Array<string>
        networks: Array<string>
        createdAt: number
        expiresAt?: number | undefined
        used?: { at: number; address: string; protocol: string } | undefined
      }>
      tokens: Array<{
        id: string
        label: string
        scopes: Array<'mail:read' | 'mail:write' | 'mail:send' | 'account' | 'admin'>
        createdAt: number
        activeAt: number
        expiresAt?: number | undefined
      }>
    }
  }
  'POST /account/app-passwords': {
    body: {
      label: string
      protocols?: Array<'pop3' | 'imap' | 'smtp' | 'http' | 'sieve'> | undefined
      days?: number | undefined
      networks?: Array<string> | undefined
      password: string
    }
    answer: { id: string; password: string }
  }
  'POST /account/profile': { body: { password: string }; answer: unknown }
  'DELETE /account/app-passwords/{id}': { where: { id: string | number }; answer: { done: boolean } }
  'POST /account/tokens': {
    body: {
      label: string
      scopes: Array<'mail:read' | 'mail:write' | 'mail:send' | 'account' | 'admin'>
      days?: number | undefined
      password: string
    }
    answer: { id: string; token: string }
  }
  'DELETE /account/tokens/{id}': { where: { id: string | number }; answer: { done: boolean } }
  'GET /account/sharing': {
    answer: {
      mailboxes: Array<string>
      entries: Array<{ mailbox: string; identifier: string; rights: string }>
      others: Array<{ mailbox: string; rights: string }>
    }
  }
  'PUT /account/sharing': { body: { mailbox: string; identifier: string; rights: string }; answer: { done: boolean } }
  'GET /mailboxes': {
    answer: {
      mailboxes: Array<{
        id: string
        name: string
        role?: string | undefined
        messages: number
        unread: number
        size: number
        subscribed: boolean
      }>
      quota: { usedBytes: number; usedMessages: number; limitBytes: number; limitMessages: number }
    }
  }
  'POST /mailboxes': {
    body: { name: string }
    answer: {
      id: string
      name: string
      role?: string | undefined
      messages: number
      unread: number
      size: number
      subscribed: boolean
    }
  }
  'PATCH /mailboxes/{mailbox}': {
    where: { mailbox: string | number }
    body: { name: string }
    answer: {
      id: string
      name: string
      role?: string | undefined
      messages: number
      unread: number
      size: number
      subscribed: boolean
    }
  }
  'DELETE /mailboxes/{mailbox}': { where: { mailbox: string | number }; answer: { done: boolean } }
  'GET /mailboxes/{mailbox}/messages': {
    where: {
      mailbox: string | number
      offset?: number | undefined
      limit?: number | undefined
      query?: string | undefined
      by?: 'message' | 'conversation' | undefined
      order?: 'newest' | 'oldest' | 'from' | 'subject' | 'size' | undefined
    }
    answer: {
      mailbox: string
      total: number
      modSeq: number
      messages: Array<{
        mailbox: string
        uid: number
        id: string
        thread: string
        from: Array<{ name: string; address: string }>
        to: Array<{ name: string; address: string }>
        subject: string
        date: number
        size: number
        flags: Array<string>
        attachments: boolean
        preview: string
        conversation?: { uids: Array<number>; unread: number } | undefined
      }>
      notes: Array<string>
    }
  }
  'GET /messages': {
    where: { offset?: number | undefined; limit?: number | undefined; query: string }
    answer: {
      total: number
      messages: Array<{
        mailbox: string
        uid: number
        id: string
        thread: string
        from: Array<{ name: string; address: string }>
        to: Array<{ name: string; address: string }>
        subject: string
        date: number
        size: number
        flags: Array<string>
        attachments: boolean
        preview: string
        conversation?: { uids: Array<number>; unread: number } | undefined
      }>
      notes: Array<string>
    }
  }
  'GET /mailboxes/{mailbox}/uids': {
    where: { mailbox: string | number; query?: string | undefined }
    answer: { mailbox: string; uids: Array<number>; total: number }
  }
  'GET /mailboxes/{mailbox}/summaries': {
    where: { mailbox: string | number; uids: string }
    answer: {
      messages: Array<{
        mailbox: string
        uid: number
        id: string
        thread: string
        from: Array<{ name: string; address: string }>
        to: Array<{ name: string; address: string }>
        subject: string
        date: number
        size: number
        flags: Array<string>
        attachments: boolean
        preview: string
        conversation?: { uids: Array<number>; unread: number } | undefined
      }>
    }
  }
  'GET /mailboxes/{mailbox}/messages/{uid}': {
    where: { mailbox: string | number; uid: string | number }
    answer: {
      uid: number
      id: string
      thread: string
      date: number
      flags: Array<string>
      subject: string
      from: Array<{ name: string; address: string }>
      replyTo: Array<{ name: string; address: string }>
      to: Array<{ name: string; address: string }>
      cc: Array<{ name: string; address: string }>
      bcc: Array<{ name: string; address: string }>
      sentAt?: number | undefined
      messageId: string
      references: Array<string>
      size: number
      text: string
      hasHtml: boolean
      bodies: Array<{
        part: string
        type: string
        text: string
        cut: boolean
        elements?: number | undefined
        depth?: number | undefined
        heavy?: boolean | undefined
      }>
      pictures: Array<{ id: string; part: string; name: string; type: string; size: number }>
      attachments: Array<{ part: string; name: string; type: string; size: number; message: boolean }>
      authentication?:
        | { spf?: string | undefined; dkim?: string | undefined; dmarc?: string | undefined; signedBy: Array<string> }
        | undefined
      unsubscribe?: { oneClick: boolean; mailto?: string | undefined; page?: string | undefined } | undefined
      receipt?: string | undefined
      invitation?: string | undefined
    }
  }
  'GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}/message': {
    where: { mailbox: string | number; uid: string | number; part: string | number }
    answer: {
      subject: string
      from: Array<{ name: string; address: string }>
      replyTo: Array<{ name: string; address: string }>
      to: Array<{ name: string; address: string }>
      cc: Array<{ name: string; address: string }>
      bcc: Array<{ name: string; address: string }>
      sentAt?: number | undefined
      messageId: string
      references: Array<string>
      size: number
      text: string
      hasHtml: boolean
      bodies: Array<{
        part: string
        type: string
        text: string
        cut: boolean
        elements?: number | undefined
        depth?: number | undefined
        heavy?: boolean | undefined
      }>
      pictures: Array<{ id: string; part: string; name: string; type: string; size: number }>
      attachments: Array<{ part: string; name: string; type: string; size: number; message: boolean }>
    }
  }
  'GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}/invitation': {
    where: { mailbox: string | number; uid: string | number; part: string | number }
    answer: {
      method: string
      summary: string
      location: string
      description: string
      start?: number | undefined
      end?: number | undefined
      allDay: boolean
      floating: boolean
      rule: string
      organizer?: { name: string; address: string; status: string } | undefined
      attendees: Array<{ name: string; address: string; status: string }>
      answered?: 'accepted' | 'tentative' | 'declined' | undefined
      canAnswer: boolean
    }
  }
  'POST /mailboxes/{mailbox}/messages/{uid}/parts/{part}/invitation': {
    where: { mailbox: string | number; uid: string | number; part: string | number }
    body: { answer: 'accepted' | 'tentative' | 'declined' }
    answer: { to: string }
  }
  'POST /mailboxes/{mailbox}/messages/{uid}/unsubscribe': {
    where: { mailbox: string | number; uid: string | number }
    answer: { status: number }
  }
  'GET /mailboxes/{mailbox}/messages/{uid}/html': {
    where: { mailbox: string | number; uid: string | number; part?: string | undefined }
    answer: unknown
  }
  'GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}': {
    where: { mailbox: string | number; uid: string | number; part: string | number }
    answer: unknown
  }
  'GET /mailboxes/{mailbox}/messages/{uid}/parts/{part}/pdf': {
    where: { mailbox: string | number; uid: string | number; part: string | number }
    answer: unknown
  }
  'GET /mailboxes/{mailbox}/messages/{uid}/files': {
    where: { mailbox: string | number; uid: string | number }
    answer: unknown
  }
  'GET /mailboxes/{mailbox}/messages/{uid}/source': {
    where: { mailbox: string | number; uid: string | number; first?: number | undefined }
    answer: unknown
  }
  'POST /mailboxes/{mailbox}/flags': {
    where: { mailbox: string | number }
    body: { uids: Array<number>; add?: Array<string> | undefined; remove?: Array<string> | undefined }
    answer: { done: boolean }
  }
  'POST /mailboxes/{mailbox}/move': {
    where: { mailbox: string | number }
    body: { uids: Array<number>; to: string }
    answer: { mailbox: string; source: Array<number>; destination: Array<number> }
  }
  'POST /mailboxes/{mailbox}/copy': {
    where: { mailbox: string | number }
    body: { uids: Array<number>; to: string }
    answer: { mailbox: string; source: Array<number>; destination: Array<number> }
  }
  'POST /mailboxes/{mailbox}/expunge': {
    where: { mailbox: string | number }
    body: { uids: Array<number> }
    answer: { done: boolean }
  }
  'GET /bin': {
    where: { find?: string | undefined; after?: string | undefined; limit?: number | undefined }
    answer: {
      messages: Array<{
        id: string
        mailbox: string
        from?: string | undefined
        subject?: string | undefined
        size: number
        flags: Array<string>
        date: number
        removedAt: number
        until: number
      }>
      next?: string | undefined
      total: number
      bytes: number
      keptFor: number
    }
  }
  'POST /bin/restore': {
    body: { ids?: Array<string> | undefined; all?: boolean | undefined }
    answer: {
      messages: number
      mailboxes: Array<{ mailbox: string; messages: number }>
      missing: Array<string>
      stopped?: string | undefined
    }
  }
  'POST /bin/erase': {
    body: { ids?: Array<string> | undefined; all?: boolean | undefined }
    answer: { messages: number; bytes: number; left: Array<string>; disk: string }
  }
  'POST /drafts': {
    body: {
      id?: string | undefined
      from?: { name: string; address: string } | undefined
      to: string
      cc?: string | undefined
      bcc?: string | undefined
      subject: string
      text: string
      html?: string | undefined
      priority?: 'high' | 'low' | undefined
      receipt?: boolean | undefined
      inReplyTo?: string | undefined
      references?: Array<string> | undefined
      attachments?:
        | Array<{
            name: string
            type?: string | undefined
            file?: string | undefined
            mailbox?: string | undefined
            uid?: number | undefined
            part?: string | undefined
            cid?: string | undefined
          }>
        | undefined
      answers?: { mailbox: string; uid: number; how: 'reply' | 'forward' } | undefined
      replaces?: { mailbox: string; uid: number } | undefined
    }
    answer: { mailbox: string; uid?: number | undefined }
  }
  'POST /send': {
    body: {
      id?: string | undefined
      from?: { name: string; address: string } | undefined
      to: string
      cc?: string | undefined
      bcc?: string | undefined
      subject: string
      text: string
      html?: string | undefined
      priority?: 'high' | 'low' | undefined
      receipt?: boolean | undefined
      inReplyTo?: string | undefined
      references?: Array<string> | undefined
      attachments?:
        | Array<{
            name: string
            type?: string | undefined
            file?: string | undefined
            mailbox?: string | undefined
            uid?: number | undefined
            part?: string | undefined
            cid?: string | undefined
          }>
        | undefined
      answers?: { mailbox: string; uid: number; how: 'reply' | 'forward' } | undefined
      replaces?: { mailbox: string; uid: number } | undefined
    }
    answer: { recipients: number; copy?: { mailbox: string; uid?: number | undefined } | undefined }
  }
  'GET /preferences': {
    answer: {
      preferences: {
        identities: Array<{ name: string; address: string; signature: string }>
        undo: number
        rich: boolean
        receipts: 'ask' | 'never'
        clock?: '12' | '24' | undefined
      }
      addresses: Array<string>
    }
  }
  'PUT /preferences': {
    body: {
      identities: Array<{ name: string; address: string; signature: string }>
      undo: number
      rich: boolean
      receipts: 'ask' | 'never'
      clock?: '12' | '24' | undefined
    }
    answer: { done: boolean }
  }
  'GET /contacts': { answer: { contacts: Array<{ name: string; address: string; at: number; collected: boolean }> } }
  'POST /contacts': { body: { name: string; address: string }; answer: { done: boolean } }
  'POST /contacts/remove': { body: { addresses: Array<string> }; answer: { done: boolean } }
  'POST /contacts/import': { body: { cards: string }; answer: { people: number } }
  'GET /contacts/export': { answer: unknown }
  'GET /rules': {
    answer: {
      rules: {
        vacation: { on: boolean; first: string; last: string; subject: string; text: string; days: number }
        forward: { on: boolean; to: string; keep: boolean }
        blocked: Array<string>
        filters: Array<{
          name: string
          on: boolean
          all: boolean
          conditions: Array<{
            field: 'from' | 'to' | 'subject' | 'list' | 'body' | 'size'
            how: 'contains' | 'lacks' | 'is' | 'begins' | 'ends' | 'over'
            value: string
          }>
          move?: string | undefined
          read: boolean
          flag: boolean
          remove: boolean
          forward?: string | undefined
          stop: boolean
        }>
      }
      active: boolean
      own?: { name: string; text: string } | undefined
      mayForward: boolean
    }
  }
  'PUT /rules': {
    body: {
      vacation: { on: boolean; first: string; last: string; subject: string; text: string; days: number }
      forward: { on: boolean; to: string; keep: boolean }
      blocked: Array<string>
      filters: Array<{
        name: string
        on: boolean
        all: boolean
        conditions: Array<{
          field: 'from' | 'to' | 'subject' | 'list' | 'body' | 'size'
          how: 'contains' | 'lacks' | 'is' | 'begins' | 'ends' | 'over'
          value: string
        }>
        move?: string | undefined
        read: boolean
        flag: boolean
        remove: boolean
        forward?: string | undefined
        stop: boolean
      }>
    }
    answer: {
      rules: {
        vacation: { on: boolean; first: string; last: string; subject: string; text: string; days: number }
        forward: { on: boolean; to: string; keep: boolean }
        blocked: Array<string>
        filters: Array<{
          name: string
          on: boolean
          all: boolean
          conditions: Array<{
            field: 'from' | 'to' | 'subject' | 'list' | 'body' | 'size'
            how: 'contains' | 'lacks' | 'is' | 'begins' | 'ends' | 'over'
            value: string
          }>
          move?: string | undefined
          read: boolean
          flag: boolean
          remove: boolean
          forward?: string | undefined
          stop: boolean
        }>
      }
      active: boolean
      own?: { name: string; text: string } | undefined
      mayForward: boolean
    }
  }
  'POST /mailboxes/{mailbox}/messages/{uid}/receipt': {
    where: { mailbox: string | number; uid: string | number }
    body: { send: boolean }
    answer: { done: boolean }
  }
  'GET /events': { answer: unknown }
  'GET /admin/accounts': {
    where: { after?: string | undefined; find?: string | undefined; limit?: number | undefined }
    answer: {
      accounts: Array<{
        id: string
        name: string
        disabled: boolean
        administrator: boolean
        protocols: Array<string>
        secondFactor: boolean
        knownPassword: boolean
        bytes: number
        messages: number
        quotaBytes?: number | undefined
        quotaMessages?: number | undefined
        appPasswords: Array<{
          id: string
          label: string
          protocols: Array<string>
          networks: Array<string>
          createdAt: number
          expiresAt?: number | undefined
          used?: { at: number; address: string; protocol: string } | undefined
        }>
        createdAt: number
      }>
      next?: string | undefined
    }
  }
  'POST /admin/accounts': {
    body: { name: string; password: string; administrator?: boolean | undefined }
    answer: {
      id: string
      name: string
      disabled: boolean
      administrator: boolean
      protocols: Array<string>
      secondFactor: boolean
      knownPassword: boolean
      bytes: number
      messages: number
      quotaBytes?: number | undefined
      quotaMessages?: number | undefined
      appPasswords: Array<{
        id: string
        label: string
        protocols: Array<string>
        networks: Array<string>
        createdAt: number
        expiresAt?: number | undefined
        used?: { at: number; address: string; protocol: string } | undefined
      }>
      createdAt: number
    }
  }
  'PATCH /admin/accounts/{account}': {
    where: { account: string | number }
    body: {
      disabled?: boolean | undefined
      administrator?: boolean | undefined
      protocols?: Array<'pop3' | 'imap' | 'smtp' | 'http' | 'sieve'> | undefined
      quotaBytes?: number | undefined
      quotaMessages?: number | undefined
      password?: string | undefined
      removeSecondFactor?: boolean | undefined
    }
    answer: {
      id: string
      name: string
      disabled: boolean
      administrator: boolean
      protocols: Array<string>
      secondFactor: boolean
      knownPassword: boolean
      bytes: number
      messages: number
      quotaBytes?: number | undefined
      quotaMessages?: number | undefined
      appPasswords: Array<{
        id: string
        label: string
        protocols: Array<string>
        networks: Array<string>
        createdAt: number
        expiresAt?: number | undefined
        used?: { at: number; address: string; protocol: string } | undefined
      }>
      createdAt: number
    }
  }
  'DELETE /admin/accounts/{account}': {
    where: { account: string | number }
    body: { name: string }
    answer: { until?: number | undefined }
  }
  'POST /admin/accounts/{account}/app-passwords': {
    where: { account: string | number }
    body: {
      label: string
      protocols: Array<'pop3' | 'imap' | 'smtp' | 'http' | 'sieve'>
      days?: number | undefined
      networks?: Array<string> | undefined
    }
    answer: { id: string; password: string }
  }
  'DELETE /admin/accounts/{account}/app-passwords/{id}': {
    where: { account: string | number; id: string | number }
    answer: { done: boolean }
  }
  'GET /admin/accounts/{account}/bin': {
    where: {
      account: string | number
      find?: string | undefined
      after?: string | undefined
      limit?: number | undefined
    }
    answer: {
      messages: Array<{
        id: string
        mailbox: string
        from?: string | undefined
        subject?: string | undefined
        size: number
        flags: Array<string>
        date: number
        removedAt: number
        until: number
      }>
      next?: string | undefined
      total: number
      bytes: number
      keptFor: number
    }
  }
  'POST /admin/accounts/{account}/bin/restore': {
    where: { account: string | number }
    body: { ids?: Array<string> | undefined; all?: boolean | undefined }
    answer: {
      messages: number
      mailboxes: Array<{ mailbox: string; messages: number }>
      missing: Array<string>
      stopped?: string | undefined
    }
  }
  'POST /admin/accounts/{account}/bin/erase': {
    where: { account: string | number }
    body: { ids?: Array<string> | undefined; all?: boolean | undefined }
    answer: { messages: number; bytes: number; left: Array<string>; disk: string }
  }
  'GET /admin/removed': {
    answer: { accounts: Array<{ name: string; messages: number; bytes: number; removedAt: number; until: number }> }
  }
  'POST /admin/removed/restore': { body: { name: string }; answer: { done: boolean } }
  'POST /admin/removed/erase': {
    body: { name: string }
    answer: { messages: number; bytes: number; left: Array<string>; disk: string }
  }
  'GET /admin/accounts/{account}/delivery': {
    where: { account: string | number }
    answer: { aliases: Array<string>; rules: Array<{ name: string; active: boolean }>; forwards: Array<string> }
  }
  'POST /admin/accounts/{account}/enter': { where: { account: string | number }; answer: { done: boolean } }
  'DELETE /admin/entered': { answer: { done: boolean } }
  'GET /admin/sessions': {
    answer: {
      sessions: Array<{
        id: string
        label: string
        address: string
        createdAt: number
        activeAt: number
        totp: boolean
        current: boolean
        account?: string | undefined
      }>
    }
  }
  'DELETE /admin/sessions/{id}': { where: { id: string | number }; answer: { done: boolean } }
  'GET /admin/accounts/{account}/sharing': {
    where: { account: string | number }
    answer: {
      mailboxes: Array<string>
      entries: Array<{ mailbox: string; identifier: string; rights: string }>
      others: Array<{ mailbox: string; rights: string }>
    }
  }
  'PUT /admin/accounts/{account}/sharing': {
    where: { account: string | number }
    body: { mailbox: string; identifier: string; rights: string }
    answer: { done: boolean }
  }
  'GET /admin/locks': {
    answer: {
      driver: string
      locks: Array<{
        account: string
        name: string
        waiters: number
        holders: Array<{
          id: string
          protocol: string
          access: 'exclusive' | 'shared'
          address: string
          client?: string | undefined
          since: number
          activeAt: number
          account: string
          mode: string
          fence?: number | undefined
          process: string
        }>
      }>
    }
  }
  'DELETE /admin/locks/{account}/{lease}': {
    where: { account: string | number; lease: string | number }
    answer: { ended: number }
  }
  'GET /admin/lockouts': {
    answer: {
      bars: Array<{ scope: string; subject: string; since: number; until: number; failures: number; window: number }>
    }
  }
  'POST /admin/lockouts/clear': {
    body: { user?: string | undefined; address?: string | undefined }
    answer: { cleared: number }
  }
  'GET /admin/lockouts/explain': {
    where: { user: string; address: string }
    answer: {
      user: string
      address: string
      verdict: 'granted' | 'refused'
      reasons: Array<string>
      bar?:
        | { scope: string; subject: string; since: number; until: number; failures: number; window: number }
        | undefined
      counters: Array<{ what: string; counted: number; rule: { failures: number; window: number; bar: number } }>
      latest: Array<{
        at: number
        user: string
        address: string
        protocol: string
        mechanism: string
        verdict: 'granted' | 'refused' | 'unavailable'
        reason: string
      }>
    }
  }
  'GET /admin/audit': {
    where: {
      user?: string | undefined
      address?: string | undefined
      verdict?: 'granted' | 'refused' | 'unavailable' | undefined
      protocol?: string | undefined
      limit?: number | undefined
    }
    answer: {
      entries: Array<{
        at: number
        user: string
        address: string
        protocol: string
        mechanism: string
        verdict: 'granted' | 'refused' | 'unavailable'
        reason: string
      }>
    }
  }
  'GET /admin/deeds': {
    where: {
      account?: string | undefined
      address?: string | undefined
      from?: number | undefined
      to?: number | undefined
      limit?: number | undefined
    }
    answer: {
      deeds: Array<{
        at: number
        account: string
        what: 'expunged' | 'moved' | 'deleted' | 'restored' | 'erased' | 'opened' | 'shared'
        mailbox: string
        to: string
        messages: number
        by: {
          protocol: string
          address: string
          client?: string | undefined
          connection: string
          administrator?: string | undefined
          guest?: string | undefined
        }
      }>
    }
  }
  'GET /admin/deliveries': {
    where: {
      address?: string | undefined
      outcome?: 'stored' | 'later' | 'refused' | undefined
      messageId?: string | undefined
      from?: number | undefined
      to?: number | undefined
      minSize?: number | undefined
      limit?: number | undefined
    }
    answer: {
      deliveries: Array<{
        at: number
        sender: string
        recipient: string
        outcome: 'stored' | 'later' | 'refused'
        reply: string
        size: number
        messageId: string
      }>
    }
  }
  'GET /admin/index': {
    where: { account?: string | undefined }
    answer: {
      state: 'off' | 'complete' | 'building' | 'waiting'
      indexed: number
      waiting: number
      unreadable: number
      octets?: number | undefined
      accountsBehind: number
      accounts: Array<{ account: string; name: string; indexed: number; waiting: number; unreadable: number }>
    }
  }
  'POST /admin/index/rebuild': { body: { account?: string | undefined }; answer: { done: boolean } }
  'GET /admin/overview': {
    answer: {
      version: string
      health: Record<string, { ok: boolean; milliseconds: number; why?: string | undefined }>
      hours: Array<{ at: number; granted: number; refused: number }>
      mailHours: Array<{ at: number; stored: number; failed: number; bytes: number }>
      reasons: Record<string, number>
      deliveries: Record<string, number>
      lockRefusals: Record<string, number>
      total: { accounts: number; bytes: number; messages: number }
      accounts: Array<{ name: string; bytes: number; messages: number }>
    }
  }
}

/** The body of every refusal. */
export interface ApiFault {
  error: string
  message: string
  holder?:
    | {
        id: string
        account: string
        protocol?: string | undefined
        since?: number | undefined
        address?: string | undefined
        client?: string | undefined
      }
    | undefined
}
