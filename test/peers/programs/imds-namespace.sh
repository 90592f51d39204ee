#!/bin/bash
# `serve ec2` at 169.254.169.254, in a network namespace of its own: run by `unshare --net`, as root. Arguments: the program. Prints what happened as
# "== name" and lines. Environment: NODE, PYTHON (a folder with bin/), TESTS (this folder), USER_HOME (a folder of user 65534's).
set -u
ip link set lo up
ip address add 10.9.8.7/32 dev lo
sts=http://127.0.0.1:5000
"$PYTHON/bin/moto_server" -H 127.0.0.1 -p 5000 >/dev/null 2>&1 &
moto=$!
log=$(mktemp)
until "$PYTHON/bin/python" -c "import urllib.request as u; u.urlopen('$sts/moto-api/')" 2>/dev/null; do sleep 0.2; done

by_sudo=(env -i PATH="$PATH" HOME="$USER_HOME" SUDO_UID=65534 SUDO_GID=65534 AWS_ENDPOINT_URL_STS=$sts)
client() { env -i PATH="$PATH" HOME=/nonexistent AWS_DEFAULT_REGION=eu-central-1 AWS_ENDPOINT_URL_STS=$sts "$@" 2>&1; }
place() { ip -4 -o address show | grep -o '169[.0-9/]* .*dev lo\|169\.254[.0-9]*/[0-9]*' || echo nowhere; }
begin() {
  "${by_sudo[@]}" "$@" serve ec2 dev >/dev/null 2>"$log" &
  server=$!
  for _ in $(seq 300); do grep -q 'until it is ended' "$log" && return; kill -0 $server 2>/dev/null || break; sleep 0.1; done
  echo "it did not start"
  cat "$log"
}
finish() { kill "-$1" $server; wait $server 2>/dev/null; echo "status $?"; sleep 0.3; }

begin "$@"
echo "== threads"
for thread in /proc/$server/task/*; do tr '\t' ' ' <"$thread/status" | grep -E '^(Uid|Gid|Groups|CapPrm|CapEff):' | sed 's/ *$//'; done | sort -u
echo "== address"; place
echo "== own"; client "$NODE" "$TESTS/imds-ask.mjs" 169.254.169.254; client "$NODE" "$TESTS/imds-ask.mjs" 127.0.0.1
echo "== foreign"; client "$NODE" "$TESTS/imds-ask.mjs" 10.9.8.7
echo "== awscli"; client "$PYTHON/bin/aws" sts get-caller-identity --query Arn --output text
echo "== boto3"; client "$PYTHON/bin/python" -c "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
echo "== javascript"; client "$NODE" "$TESTS/../../../sandbox/whoami.js"
echo "== files"; find "$USER_HOME" ! -user 65534 -o ! -group 65534; find "$USER_HOME" -path '*aws-runas*' -type f | grep -c .
echo "== taken"; "${by_sudo[@]}" "$@" serve ec2 dev 2>&1; echo "status $?"; place
echo "== ended"; finish TERM; place
begin "$@"
echo "== killed"; finish KILL; place
ip address add 169.254.169.254/32 dev lo
begin "$@"
echo "== there"; grep -o 'was there already, and stays' "$log"; finish INT; place
ip address del 169.254.169.254/32 dev lo
echo "== unprivileged"; setpriv --reuid 65534 --regid 65534 --clear-groups env -i PATH="$PATH" HOME="$USER_HOME" "$@" serve ec2 dev 2>&1; echo "status $?"
echo "== nobody"; env -i PATH="$PATH" HOME=/ SUDO_UID=65534 "$@" serve ec2 dev 2>&1; echo "status $?"; place
echo "== wrong profile"; "${by_sudo[@]}" "$@" serve ec2 other 2>&1 | grep -o 'other.*'; sleep 0.3; place
echo "== chosen meanwhile"
"${by_sudo[@]}" "$@" serve ec2 slow >/dev/null 2>"$log" &
server=$!
for _ in $(seq 300); do grep -q 'its page is' "$log" && break; sleep 0.1; done
token=$(sed -n 's/.*its page is .*#//p' "$log")
profile() { client "$NODE" -e "fetch('http://169.254.169.254/profile', $1).then((answer) => answer.json()).then(({ name }) => console.log(name))"; }
profile "{ method: 'POST', body: 'dev', headers: { authorization: '$token', 'content-type': 'text/plain' } }"
grep -c 'until it is ended' "$log"
echo '{"Version":1,"AccessKeyId":"AKIAEXAMPLE","SecretAccessKey":"example"}' >"$USER_HOME/go"
for _ in $(seq 300); do grep -q 'until it is ended' "$log" && break; sleep 0.1; done
grep -o 'serving [a-z]* at' "$log"
profile "{ headers: { authorization: '$token' } }"; finish TERM
kill $moto
rm -f "$log"
