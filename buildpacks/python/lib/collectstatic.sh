# Collects the static files of a Django application, as Heroku does. Read by "."; needs say.sh, $venv and $work.

collect_static() {
  if [ ! -f manage.py ] || [ ! -e "$venv/bin/django-admin" ]; then return; fi
  if [ -n "${DISABLE_COLLECTSTATIC:-}" ] && [ "$DISABLE_COLLECTSTATIC" != 0 ]; then
    say 'DISABLE_COLLECTSTATIC is set: manage.py collectstatic is left out'
    return
  fi
  if ! "$venv/bin/python" manage.py help collectstatic >"$work/output" 2>&1; then
    if grep -q 'Unknown command' "$work/output"; then
      say 'django.contrib.staticfiles is not among INSTALLED_APPS: no static files to collect'
      return
    fi
    cat "$work/output" >&2
    fail 'The settings of Django do not load, so that "manage.py collectstatic" can not run; see above.' \
      'Set the variables that they need for the build too, or set DISABLE_COLLECTSTATIC=1 for the build.'
  fi
  say 'python manage.py collectstatic --noinput'
  "$venv/bin/python" manage.py collectstatic --noinput || fail '"manage.py collectstatic" failed; see above.' \
    'Correct the settings of static files, such as STATIC_ROOT, or set DISABLE_COLLECTSTATIC=1 for the build.'
}
