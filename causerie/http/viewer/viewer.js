// Shows the OpenAPI document. Everything is made of text nodes, so nothing in the document can become markup.

const METHODS = ['get', 'post', 'put', 'patch', 'delete']

function element(name, className, ...children) {
  const made = document.createElement(name)
  if (className) made.className = className
  made.append(...children)
  return made
}

/** Follows `$ref` one level, so that a shape shows its members; deeper shapes stand there by name. */
function resolved(schema, components) {
  const name = schema?.$ref?.split('/').pop()
  return name ? components[name] : schema
}

function typeOf(schema) {
  if (!schema) return 'anything'
  if (schema.$ref) return schema.$ref.split('/').pop()
  if (schema.anyOf) return schema.anyOf.map(typeOf).join(' | ')
  if (schema.enum) return schema.enum.map((value) => JSON.stringify(value)).join(' | ')
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.type === 'array') return `${typeOf(schema.items)}[]`
  return schema.format ?? schema.type ?? 'anything'
}

function shape(schema, components) {
  const whole = resolved(schema, components)
  if (!whole?.properties) return typeOf(schema)
  const required = new Set(whole.required ?? [])
  const members = Object.entries(whole.properties).map(
    ([name, member]) => `  ${name}${required.has(name) ? '' : '?'}: ${typeOf(member)}`,
  )
  return `{\n${members.join('\n')}\n}`
}

function bodies(content, components) {
  return Object.entries(content ?? {}).map(([kind, { schema, example, examples }]) => {
    const shown = example ?? schema?.example ?? resolved(schema, components)?.examples?.[0]
    const parts = [element('p', 'note', kind), element('pre', '', shape(schema, components))]
    if (shown !== undefined) parts.push(element('pre', '', JSON.stringify(shown, null, 2)))
    for (const [name, { value }] of Object.entries(examples ?? {}))
      parts.push(element('p', 'note', name), element('pre', '', JSON.stringify(value, null, 2)))
    return element('div', '', ...parts)
  })
}

function operation(path, method, details, components) {
  const summary = element('summary', '', element('span', 'verb', method.toUpperCase()), element('code', '', path))
  const made = element('details', '', summary, element('p', '', details.description ?? details.summary ?? ''))
  made.dataset.text = `${method} ${path} ${details.summary ?? ''} ${details.description ?? ''}`.toLowerCase()
  made.addEventListener('toggle', () => fill(made, details, components), { once: true })
  return made
}

function fill(made, details, components) {
  for (const parameter of details.parameters ?? [])
    made.append(
      element(
        'p',
        '',
        element('code', '', parameter.name),
        ` ${typeOf(parameter.schema)}, in the ${parameter.in}. ${parameter.description ?? ''}`,
      ),
    )
  if (details.requestBody) made.append(element('h3', '', 'Body'), ...bodies(details.requestBody.content, components))
  for (const [status, answer] of Object.entries(details.responses))
    made.append(element('h3', '', `${status} ${answer.description}`), ...bodies(answer.content, components))
}

function show(api) {
  const components = api.components?.schemas ?? {}
  const groups = new Map()
  for (const [path, item] of Object.entries(api.paths))
    for (const method of METHODS)
      if (item[method]) {
        const group = item[method].tags?.[0] ?? 'other'
        if (!groups.has(group)) groups.set(group, element('section', '', element('h2', '', group)))
        groups.get(group).append(operation(path, method, item[method], components))
      }
  document.getElementById('about').textContent = api.info.description ?? ''
  document.getElementById('routes').replaceChildren(...groups.values())
}

document.getElementById('filter').addEventListener('input', (event) => {
  const wanted = event.target.value.toLowerCase()
  for (const made of document.querySelectorAll('details')) made.hidden = !made.dataset.text.includes(wanted)
  for (const group of document.querySelectorAll('section')) group.hidden = !group.querySelector('details:not([hidden])')
})

try {
  const answer = await fetch('/api/openapi.json')
  if (!answer.ok) throw new Error(`${answer.status} ${answer.statusText}`)
  show(await answer.json())
} catch (error) {
  document.getElementById('routes').textContent = `The document cannot be read: ${error.message}`
}
