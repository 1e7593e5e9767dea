"""Runs a binary as the Deployment of a file of manifests says, and asks what its probes ask.

usage: try.py MANIFESTS BINARY
"""

import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import yaml

manifests, binary = sys.argv[1:]
found = {manifest["kind"]: manifest for manifest in yaml.safe_load_all(Path(manifests).read_text())}
pod = found["Deployment"]["spec"]["template"]["spec"]
(container,) = pod["containers"]
labels = found["Deployment"]["spec"]["template"]["metadata"]["labels"]
(port,) = container["ports"]
(mount,) = container["volumeMounts"]
(volume,) = pod["volumes"]


def require(condition, complaint):
    if not condition:
        sys.exit(f"{manifests}: {complaint}")


def status(path):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port['containerPort']}{path}", timeout=5) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return None


# The names by which the manifests find each other.
require(found["Service"]["spec"]["selector"].items() <= labels.items(), "the Service selects other pods")
require(found["PodDisruptionBudget"]["spec"]["selector"]["matchLabels"].items() <= labels.items(), "the budget, too")
require(found["NetworkPolicy"]["spec"]["podSelector"]["matchLabels"].items() <= labels.items(), "the policy, too")
require(found["Service"]["spec"]["ports"][0]["targetPort"] == port["name"], "the Service asks another port")
require(volume["configMap"]["name"] == found["ConfigMap"]["metadata"]["name"], "the volume is another ConfigMap")
require(pod["serviceAccountName"] == found["ServiceAccount"]["metadata"]["name"], "another ServiceAccount")

with tempfile.TemporaryDirectory() as folder:
    # The volume, mounted elsewhere.
    for name, text in found["ConfigMap"]["data"].items():
        Path(folder, name).write_text(text)
    arguments = [argument.replace(mount["mountPath"], folder) for argument in container["args"]]
    # The issuer of the example does not exist.
    process = subprocess.Popen([binary, *arguments], stderr=subprocess.PIPE, text=True)
    try:
        deadline = time.monotonic() + 30
        while status(container["startupProbe"]["httpGet"]["path"]) != 200:
            require(process.poll() is None, "the server ends")
            require(time.monotonic() < deadline, "the server does not start")
            time.sleep(0.1)
        require(status(container["livenessProbe"]["httpGet"]["path"]) == 200, "the server is not alive")
        require(status(container["readinessProbe"]["httpGet"]["path"]) == 503, "the server is ready without keys")
        require(status("/metrics") == 200, "there are no metrics")
        process.terminate()
        deadline = time.monotonic() + pod["terminationGracePeriodSeconds"]
        # It is not ready any more, and still answers.
        while "not ready from now on" not in process.stderr.readline():
            require(time.monotonic() < deadline, "the server does not say that it stops")
        require(status(container["livenessProbe"]["httpGet"]["path"]) == 200, "it does not wait before it stops")
        require(process.wait(deadline - time.monotonic()) == 0, "the exit code is not 0")
    finally:
        process.kill()
        process.wait()
print("starts, is alive, is ready only with keys, and stops in time")
