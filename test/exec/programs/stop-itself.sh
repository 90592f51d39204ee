# Stops itself, and not the group it is in, as ssh does on ~^Z.
kill -STOP $$
echo resumed
