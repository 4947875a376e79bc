#!/bin/bash
# boot_job.sh: what boot.sh asks of the unit, from within. /mnt/said tells.
exec >/mnt/said 2>&1
unit=tamga-verifier
at=127.0.0.1:8080
over() { systemctl exit; sleep 60; }
fail() { echo "FAILED $*"; systemctl status --no-pager $unit | head -n 20; over; }
is() { systemctl show -P "$1" $unit; }
until_true() { for _ in $(seq 300); do "$@" && return; sleep 0.2; done; return 1; }
active() { [ "$(is ActiveState)" = active ]; }
ready() { [ "$(curl -s http://$at/readyz)" = '{"ready":true,"reasons":[]}' ]; }

until_true active || fail "READY=1 did not come"
pid=$(is MainPID)
ready || fail ready
grep -q '^CapBnd:[[:space:]]0*$' "/proc/$pid/status" || fail "capabilities are left"
[ "$(stat -c %U "/proc/$pid")" = $unit ] || fail user
for file in valid.png two.pdf; do
	curl -s --data-binary @/srv/tamga/pictures/$file -H 'Content-Type: image/png' \
	    http://$at/api/v1/verify | grep -q '"status":"valid"' || fail "$file"
done
echo "started, and reads pictures"

systemctl reload $unit || fail reload
until_true active || fail "READY=1 after the reload"
[ "$(is MainPID)" = "$pid" ] || fail "reload started another"
echo "reloaded"

sleep 13
[ "$(is MainPID)" = "$pid" ] && active || fail "WATCHDOG=1 did not come"
echo "the watchdog was quiet for 13 s of its 6"
# of the next one only: a machine that stalls is not what is asked below
sed -i s/6/60/ /lib/systemd/system/$unit.service.d/test.conf
systemctl daemon-reload
kill -STOP "$pid"
# at one moment: between two there is a dead one, of process 0
another() { [[ $(systemctl show -p MainPID -p ActiveState $unit) =~ MainPID=([1-9][0-9]*).*ActiveState=active ]] &&
	[ "${BASH_REMATCH[1]}" != "$pid" ]; }
until_true another || fail "one that hangs is not started again"
until_true ready || fail "started again, and not ready"
echo "one that hung was started again"

exec 3<>/dev/tcp/127.0.0.1/8080
printf 'POST /api/v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\n12' >&3
sleep 0.5
systemctl stop --no-block $unit
stopping() { [ "$(is ActiveState)" = deactivating ]; }
until_true stopping || fail "STOPPING=1"
printf 34 >&3
read -r answer <&3
[[ $answer = "HTTP/1.1 200 "* ]] || fail "cut off: $answer"
inactive() { [ "$(is ActiveState)" = inactive ]; }
until_true inactive || fail "not stopped"
[ "$(is Result)" = success ] || fail "result: $(is Result)"
echo "stopped, with the request in hand answered"
echo good
over
