import { describe, expect, it } from 'vitest'
import { sectionsOf, type Definition } from './answers'

const item = (linkId: string, type: string, more: object = {}) => ({ linkId, type, text: `${linkId}？`, ...more })

describe('answers in the words of the form', () => {
  it('reads every kind of answer and counts what is open', () => {
    const definition = {
      item: [
        item('part', 'group', {
          text: '一、生活方式',
          item: [
            item('smokes', 'boolean'),
            item('height', 'decimal', { unit: 'cm' }),
            item('ill', 'choice', {
              repeats: true,
              answerOption: [
                { code: 'htn', display: '高血压' },
                { code: 'dm', display: '糖尿病' },
              ],
            }),
            item('job', 'open-choice', { answerOption: [] }),
            item('dose', 'quantity'),
            item('note', 'text'),
            item('hint', 'display'),
          ],
        }),
      ],
    } as unknown as Definition
    const [section] = sectionsOf(definition, {
      smokes: false,
      height: 170,
      ill: ['htn', 'dm'],
      job: { other: '渔民' },
      dose: { value: 5, unit: 'mg' },
    })
    expect(section).toEqual({
      title: '一、生活方式',
      open: 1,
      answered: [
        { id: 'smokes', question: 'smokes？', answer: '否' },
        { id: 'height', question: 'height？', answer: '170 cm' },
        { id: 'ill', question: 'ill？', answer: '高血压、糖尿病' },
        { id: 'job', question: 'job？', answer: '渔民' },
        { id: 'dose', question: 'dose？', answer: '5 mg' },
      ],
    })
  })
})
