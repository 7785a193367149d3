#!/bin/sh
# Fills an empty home, then becomes Haraka. What is there already is left as it is.
set -eu
home=${HARAKA:?the folder of settings and mail}
code=${CODE:-/opt/haraka}

if [ ! -f "$home/config/plugins" ]; then
  mkdir -p "$home/config" "$home/node_modules"
  printf '%s\n' "${MAIL_HOST:?the name of this mail server, such as mail.example.org}" > "$home/config/me"
  printf '%s\n' "${MAIL_DOMAINS:?the domains, with blanks between them}" | tr -s ' ' '\n' > "$home/config/host_list"
  printf 'tls\n' > "$home/config/plugins"
  # Haraka needs a whole connection.ini and takes it from its own folder where the home has none.
  printf 'listen=0.0.0.0:2525,0.0.0.0:2587\nnodes=1\ngraceful_shutdown=true\n' > "$home/config/smtp.ini"
  printf '[main]\nlevel=info\ntimestamps=true\n' > "$home/config/log.ini"
  printf 'listen=0.0.0.0:8080\n' > "$home/config/http.ini"
  printf '[main]\nlisten=0.0.0.0:2110\nlisten_tls=0.0.0.0:2995\n' > "$home/config/mailbox_pop3.ini"
  printf '[main]\nlisten=0.0.0.0:2143\nlisten_tls=0.0.0.0:2993\n' > "$home/config/mailbox_imap.ini"
  ln -sfn "$code/node_modules/haraka-plugin-mailbox" "$home/node_modules/haraka-plugin-mailbox"
  haraka-mailbox init --home "$home"
fi
haraka-mailbox config check --quiet --home "$home"
exec haraka -c "$home"
