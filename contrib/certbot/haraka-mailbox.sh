#!/bin/sh
# /etc/letsencrypt/renewal-hooks/deploy/haraka-mailbox.sh (mode 755): certbot calls it after each renewal.
# Puts key and chain where Haraka reads them, and restarts it gracefully: Haraka reads them at its start only. (Those in
# config/tls/ it reads again by itself, but sends no intermediate certificates of them.)
set -eu
home=${HARAKA:-/srv/haraka}
from=${RENEWED_LINEAGE:?certbot says where the new certificate is}
config=$home/config
owner=$(stat -c %U:%G "$config")
umask 077

# Not a moment without a file, nor with half of one.
for pair in privkey.pem:tls_key.pem fullchain.pem:tls_cert.pem; do
  file=$config/${pair#*:}
  cp "$from/${pair%:*}" "$file.new"
  chown "$owner" "$file.new"
done
mv -f "$config/tls_key.pem.new" "$config/tls_key.pem"
mv -f "$config/tls_cert.pem.new" "$config/tls_cert.pem"

${RESTART:-systemctl try-restart haraka.service}
