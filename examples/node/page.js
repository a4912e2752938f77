export function page({ visits, version }) {
  return `<!doctype html>
<html lang="en">
<title>Hello from Node.js</title>
<h1>Hello from Node.js</h1>
<p>This page was built from a git repository. It runs on Node.js ${version} and was read ${visits === 1 ? "once" : `${visits} times`}.</p>
</html>
`;
}
