#!/usr/bin/env bash
# Runs the tests of the constructs against the newest aws-cdk-lib, in a copy of what is committed: the library is
# compiled against its floor, and people's apps bring a newer one. Arguments name the tests; by default all that synthesize.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
git clone --quiet "$root" "$copy"
cd "$copy"
npm ci --silent
npm install --silent --no-save --no-package-lock aws-cdk-lib@2
echo "aws-cdk-lib $(node -p 'require("aws-cdk-lib/package.json").version')"
npx projen compile
[ $# -gt 0 ] || set -- test/constructs test/computes test/triggers test/model test/private test/project
# The CDK checks templates itself, and tells of the tests' identifiers, such as vpc-1, at length.
npx jest --ci --silent "$@"
