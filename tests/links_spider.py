"""A spider that knows nothing but links, as collectors of OCDS data have it: `scrapy runspider -a first=ADDRESS`."""

import scrapy
from scrapy.exceptions import CloseSpider


class LinksSpider(scrapy.Spider):
    name = "links"
    custom_settings = {"TELNETCONSOLE_ENABLED": False}  # noqa: RUF012 - as Scrapy has it

    async def start(self):
        yield scrapy.Request(self.first)

    def parse(self, response):
        page = response.json()
        if "next" in page["links"]:
            yield response.follow(page["links"]["next"])
        elif response.url == self.first:
            raise CloseSpider("the first page has no next link")
        yield from page["records"]
