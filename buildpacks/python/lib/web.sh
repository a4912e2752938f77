#!/bin/sh
# Finds the command of the web process and prints launch.toml. Prints nothing when there is no web process.
set -eu
venv=$1

has() { [ -e "$venv/bin/$1" ]; }
# Prints launch.toml for the words of a command. The words must contain no quote and no backslash.
web() {
  printf -- '-----> Process web: %s\n' "$1" >&2
  printf '[[processes]]\ntype = "web"\ncommand = ["sh", "-c", '"'%s'"']\ndefault = true\n' "$1"
  exit 0
}
module_variable() { sed -n -E 's/^(app|application)[[:space:]]*(:[^=]*)?=.*/\1/p' "$1" | head -n 1; }

if [ -f manage.py ]; then
  settings=$(sed -n -E "s/.*DJANGO_SETTINGS_MODULE['\"], *['\"]([A-Za-z0-9_.]+)['\"].*/\1/p" manage.py | head -n 1)
  project=${settings%%.*}
  if has gunicorn && [ -n "$project" ] && [ -f "$project/wsgi.py" ]; then
    web "exec gunicorn --bind 0.0.0.0:\$PORT $project.wsgi"
  fi
  web 'exec python manage.py runserver --noreload 0.0.0.0:$PORT'
fi

for file in app.py main.py wsgi.py application.py server.py; do
  [ -f "$file" ] || continue
  module=${file%.py}
  variable=$(module_variable "$file")
  if [ -n "$variable" ] && has uvicorn && grep -Eq '(FastAPI|Starlette|Quart|Litestar)\(' "$file"; then
    web "exec uvicorn --host 0.0.0.0 --port \$PORT $module:$variable"
  elif [ -n "$variable" ] && has gunicorn; then
    web "exec gunicorn --bind 0.0.0.0:\$PORT $module:$variable"
  elif has flask && grep -Eq 'Flask\(|def create_app' "$file"; then
    web "exec python -m flask --app $module run --host 0.0.0.0 --port \$PORT"
  fi
  web "exec python $file"
done
