# A side-car ("$@") and a program, with nothing in common but this network namespace and the folder TOKENS: the compose file of docs/serve.md, as
# far as it goes without compose.
ip link set lo up
"$@" serve ecs --token-file "$TOKENS/token" developer > /dev/null &
sidecar=$!
until test -s "$TOKENS/token"; do sleep 0.1; done
env -i HOME=/nonexistent AWS_CONTAINER_CREDENTIALS_FULL_URI=http://127.0.0.1:12319/credentials \
  AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE="$TOKENS/token" "$NODE" "$TESTS/default-chain.mjs"
kill "$sidecar"
wait "$sidecar"
echo "ended with $?, and left $(ls "$TOKENS" | wc -l) files"
