#!/bin/bash
# What is looked at, as a service of the systemd that box.sh boots. Each line of the result begins with "ok" or "FAILED".
exec > /out/drill.log 2>&1
export HOME=/root PATH=/usr/bin:/usr/sbin NO_COLOR=1
for base in CHATGPT AUTH OPENAI TELEGRAM; do export CODEXUSE_${base}_URL=http://127.0.0.1:9; done
program=/opt/codexuse
service_home=/var/lib/codexuse

check() { if [ "$2" = "$3" ]; then echo "ok $1"; else echo "FAILED $1: expected $3, found $2"; fi; }
state() { systemctl show codexuse -p "$1" --value; }
files() { find / -xdev -type f -not -path '/proc/*' -not -path '/run/*' -not -path '/var/log/*' -not -path '/out/*' -not -path "$service_home/*" | sort; }

before=$(files)
$program daemon install --system --port=4555
check "install answers when the daemon does" $? 0
check "systemd knows that it is ready" "$(state ActiveState) $(state StatusText)" "active Serving at http://127.0.0.1:4555/v1"
check "it starts with the machine" "$(systemctl is-enabled codexuse)" enabled
CODEXUSE_HOME=$service_home $program daemon status
check "status finds it" $? 0
CODEXUSE_HOME=$service_home $program daemon logs | grep -q 'serves on port 4555'
check "logs shows the journal" $? 0
check "its home is its own" "$(stat -c %a $service_home)" 700
pid=$(state MainPID)
sleep 35
check "it gives signs of life" "$([ "$(state WatchdogTimestampMonotonic)" -gt "$(state ActiveEnterTimestampMonotonic)" ] && echo later)" later
kill -9 "$pid"
sleep 4
check "it comes up again after a crash" "$(state ActiveState) $(state NRestarts)" "active 1"
kill -STOP "$(state MainPID)"
sleep 70
check "it comes up again after it hung" "$(state ActiveState) $(state NRestarts)" "active 2"
$program daemon install --system --port=4555 2>&1 | grep -q 'installed before'
check "a second install changes nothing" $? 0
systemctl restart codexuse
check "it restarts" "$? $(state ActiveState)" "0 active"
CODEXUSE_HOME=$service_home $program daemon stop
check "stop ends the service" "$? $(state ActiveState)" "0 inactive"
CODEXUSE_HOME=$service_home $program daemon start
check "start means the service" "$? $(state ActiveState) $(cat $service_home/daemon.pid)" "0 active $(state MainPID)"
systemd-analyze security codexuse --no-pager | tail -1
$program daemon uninstall
check "uninstall succeeds" $? 0
check "uninstall leaves nothing but the home" "$(diff <(echo "$before") <(files))" ""
systemd-run --quiet /usr/bin/perl -MIO::Socket::INET -e 'my $taken = IO::Socket::INET->new(LocalAddr => "127.0.0.1", LocalPort => 4556, Listen => 5) or die; sleep 600'
sleep 1
$program daemon install --system --port=4556
check "a taken port is a conflict" $? 6
check "what did not come up is not installed" "$(ls /etc/systemd/system/codexuse.service 2>/dev/null)" ""
echo "ok the end"
