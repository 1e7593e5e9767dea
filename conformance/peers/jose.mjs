// Runs the rules of standard input against jose.

import { readFileSync } from 'node:fs'
import { createLocalJWKSet, errors, jwtVerify } from 'jose'

class NotAsked extends Error {}

const jwks = (rule) => {
    if ('jwks' in rule) return rule.jwks
    // Decodes like fetch(), with which the library gets a remote set.
    const text =
        'jwks_text' in rule ? rule.jwks_text : new TextDecoder().decode(Buffer.from(rule.jwks_hex, 'hex'))
    try {
        return JSON.parse(text)
    } catch (error) {
        throw new errors.JWKSInvalid(error.message)
    }
}

const curves = { 'P-256': ['ES256'], 'P-384': ['ES384'], 'P-521': ['ES512'], Ed25519: ['EdDSA', 'Ed25519'] }

// The algorithms of a set's keys. RSA keys without alg are for RS256.
const algorithmsOf = ({ keys }) =>
    (Array.isArray(keys) ? keys : []).flatMap((key) => key?.alg ?? curves[key?.crv] ?? 'RS256').flatMap(names)

// Two names of one algorithm (RFC 9864 §2.2).
const names = (name) => (['EdDSA', 'Ed25519'].includes(name) ? ['EdDSA', 'Ed25519'] : [name])

const judge = async (rule) => {
    if (!('token' in rule)) throw new NotAsked('takes a token that is text')
    const options = rule.options
    const typ = 'typ' in options ? [options.typ].flat() : []
    if ('typ' in options && typ.length !== 1) throw new NotAsked('expects one typ')
    const set = jwks(rule)
    await jwtVerify(rule.token, createLocalJWKSet(set), {
        algorithms: options.algorithms?.flatMap(names) ?? algorithmsOf(set).filter((name) => typeof name === 'string'),
        issuer: options.issuer,
        audience: options.audience,
        clockTolerance: options.leeway ?? 0,
        currentDate: new Date(options.now * 1000),
        requiredClaims: options.require ?? [],
        typ: typ[0],
    })
}

const verdict = async (rule) => {
    try {
        await judge(rule)
        return ['accept', '']
    } catch (error) {
        const message = `${error.name}: ${error.message}`
        if (error instanceof NotAsked) return ['skip', error.message]
        return [error instanceof errors.JOSEError ? 'reject' : 'crash', message]
    }
}

const { version } = JSON.parse(readFileSync(new URL('node_modules/jose/package.json', import.meta.url), 'utf8'))
console.log(JSON.stringify({ version: `${version}, Node.js ${process.versions.node}` }))
for (const line of readFileSync(0, 'utf8').split('\n').filter(Boolean)) {
    const rule = JSON.parse(line)
    const [word, message] = await verdict(rule)
    console.log(JSON.stringify({ id: rule.id, verdict: word, message: message.slice(0, 120) }))
}
