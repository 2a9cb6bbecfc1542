/** First words that any character can answer, also when a very small model speaks for it. */
export const STARTERS = [
  'Tell me a secret',
  'What do you see from your window?',
  'Tell me a story',
  'What’s your favourite food?',
] as const
