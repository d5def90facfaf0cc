// Opens a page in a browser, light, dark and as narrow as a phone: node page.js BROWSER PAGE. Says what axe-core finds wrong
// with it, what it asked for over a network, and whether it is wider than the screen; exits 1 if anything.
const fs = require('fs'), path = require('path');
const puppeteer = require('puppeteer-core'), axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

async function look(browser, file, { name, width, scheme }) {
    const page = await browser.newPage(), wrong = [];
    page.on('request', (request) => /^(data|file):/.test(request.url()) || wrong.push('asks for ' + request.url()));
    page.on('console', (message) => wrong.push('console: ' + message.text()));
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
    await page.setViewport({ width, height: 900 });
    await page.setBypassCSP(true); // for axe, not for the page
    await page.goto('file://' + path.resolve(file));
    await page.evaluate(() => document.querySelectorAll('details').forEach((details) => (details.open = true)));
    if (await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)) wrong.push('is wider than the screen');
    await page.evaluate(axe);
    const found = await page.evaluate(() => window.axe.run());
    found.violations.forEach((rule) => wrong.push(rule.id + ': ' + rule.nodes[0].html));
    await page.close();
    wrong.forEach((what) => console.log(name + ': ' + what));
    return wrong.length;
}

(async () => {
    const browser = await puppeteer.launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu'] });
    let wrong = 0;
    for (const view of [{ name: 'light', width: 1200, scheme: 'light' }, { name: 'dark', width: 1200, scheme: 'dark' },
                        { name: 'phone', width: 375, scheme: 'light' }])
        wrong += await look(browser, process.argv[3], view);
    await browser.close();
    process.exit(wrong ? 1 : 0);
})();
